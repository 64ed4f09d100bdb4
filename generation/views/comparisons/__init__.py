"""Comparisons and word lists."""
