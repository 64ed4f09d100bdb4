"""What the rows are compared with: minimal implementations by hand, and the blocking design."""
