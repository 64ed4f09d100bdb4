"""Webhooks of users: addresses, the outbox and log, and what sends them."""
