"""What users keep for the composer: presets, own styles, favorite models."""
