"""Images after they are made: lists, collections, filters, search, sharing, archives."""
