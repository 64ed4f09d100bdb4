"""Admin pages: jobs, models, styles, the generation switch, images, publications, users."""

from generation.admin import (
    alerts,
    generation_switch,
    image_models,
    images,
    jobs,
    outages,
    publications,
    styles,
    users,
)

__all__ = [
    "alerts",
    "generation_switch",
    "image_models",
    "images",
    "jobs",
    "outages",
    "publications",
    "styles",
    "users",
]
