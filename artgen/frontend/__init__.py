"""Static files and the rendering of templates."""
