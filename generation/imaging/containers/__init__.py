"""Read and replace the metadata of PNG, JPEG and WebP files without touching the pixels."""
