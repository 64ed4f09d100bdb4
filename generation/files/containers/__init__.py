"""PNG, JPEG and WebP files as sequences of parts: what is said about the image changes, its pixels are not touched."""
