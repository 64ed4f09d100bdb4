"""Admin pages: jobs, models, switch, announcements, images, moderation, users and more."""

from generation.admin import budgets, image_models, images, jobs, moderation, start

__all__ = [
    "budgets",
    "image_models",
    "images",
    "jobs",
    "moderation",
    "start",
]
