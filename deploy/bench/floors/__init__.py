"""What the rows are compared with: the least that somebody would do by hand, and the origin's blocking design."""
