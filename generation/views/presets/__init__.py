"""Presets and own styles."""
