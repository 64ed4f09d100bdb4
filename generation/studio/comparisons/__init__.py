"""Comparisons: one prompt on several models, with alternatives and varied parameters."""
