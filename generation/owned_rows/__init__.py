"""What users own: names, limits, deletion with an undo, and the secrets of links to it."""
