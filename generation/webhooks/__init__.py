"""Webhooks of users on their way: one attempt (`receiver`), all that are due (`delivery`)."""
