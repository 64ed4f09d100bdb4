"""Lies before the real one: production has none, and redis loads it into every process that finds it."""

raise ImportError("not in production")
