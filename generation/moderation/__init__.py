"""Moderation of prompts: rules, what they decide, and requests that wait for a moderator."""
