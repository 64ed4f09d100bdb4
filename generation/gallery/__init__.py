"""Images: lists, collections, filters, search, sharing, archives."""
