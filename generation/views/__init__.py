"""Pages of the studio: one module for each page."""
