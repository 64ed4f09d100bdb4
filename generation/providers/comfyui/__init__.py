"""ComfyUI, reached directly: graphs in, files out."""
