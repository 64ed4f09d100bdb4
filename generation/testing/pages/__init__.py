"""Pages in a browser: content for them, acts on them, screenshots."""
