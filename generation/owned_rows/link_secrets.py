"""Secrets of links to images, collections and presets."""

import secrets


def new_slug() -> str:
    """Return the secret of a link: 144 random bits, which cannot be guessed."""
    return secrets.token_urlsafe(18)
