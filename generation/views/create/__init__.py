"""Create: the composer, its forms, files and sources."""
