"""Proposals for prompts: a translation, an enhanced version, or a description of an image."""
