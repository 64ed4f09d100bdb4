"""Webhooks of users: addresses, the outbox and log; `generation.webhooks` sends."""
