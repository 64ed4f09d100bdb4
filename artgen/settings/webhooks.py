"""Webhooks of users."""

from artgen.environment.env import env

WEBHOOK_HOSTS = env.list("WEBHOOK_HOSTS", default=[])
