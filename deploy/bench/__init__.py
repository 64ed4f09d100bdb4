"""`make bench`: ArtGen's costs."""
