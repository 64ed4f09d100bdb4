"""Statements written by hand for many jobs, and instances from their rows."""
