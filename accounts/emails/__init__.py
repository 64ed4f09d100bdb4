"""Emails: their texts, the outbox that sends them, and why a server refuses one."""
