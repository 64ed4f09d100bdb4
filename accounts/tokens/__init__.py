"""Tokens of the API: their scopes, cache and authentication."""
