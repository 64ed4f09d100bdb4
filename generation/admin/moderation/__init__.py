"""Rules, stopped requests, publications, the queue of reviews."""

from generation.admin.moderation import moderation_rules, prompt_reviews, publications

__all__ = ["moderation_rules", "prompt_reviews", "publications"]
