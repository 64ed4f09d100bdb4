"""Admin pages: jobs, models, styles, the switch, images, publications, moderation, users."""

from generation.admin import (
    alerts,
    attention,
    generation_switch,
    image_models,
    images,
    jobs,
    moderation_rules,
    outages,
    prompt_reviews,
    publications,
    styles,
    users,
)

__all__ = [
    "alerts",
    "attention",
    "generation_switch",
    "image_models",
    "images",
    "jobs",
    "moderation_rules",
    "outages",
    "prompt_reviews",
    "publications",
    "styles",
    "users",
]
