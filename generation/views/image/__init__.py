"""One image: its page, note and tags, what can be made of it."""
