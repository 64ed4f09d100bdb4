"""The gallery: images by month, filters, collections, tags, selections."""
