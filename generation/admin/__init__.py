"""Admin pages: jobs, models, switch, announcements, images, moderation, users and more."""

from generation.admin import accounts, budgets, image_models, jobs, moderation, start
from generation.admin import images_collections_uploads as images

__all__ = ["accounts", "budgets", "image_models", "images", "jobs", "moderation", "start"]
