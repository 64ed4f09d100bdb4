"""Admin pages: jobs, models, switch, announcements, images, moderation, users and more."""

from generation.admin import (
    alerts,
    announcements,
    attention,
    budgets,
    generation_switch,
    groups,
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
