"""What the site says about itself: announcements of staff, and whether image creation works."""
