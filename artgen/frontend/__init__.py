"""Static files and template rendering."""
