"""Servers and processes that tests start, and those that they replace."""
