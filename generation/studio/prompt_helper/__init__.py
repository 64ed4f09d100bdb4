"""Proposals for prompts: a translation or an enhanced version, from a text endpoint."""
