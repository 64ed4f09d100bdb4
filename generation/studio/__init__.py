"""What users prepare: presets, comparisons, proposals for prompts, and the forms."""
