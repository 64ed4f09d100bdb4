"""Template tags of selecting: `{% load selection %}`."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def selection_max() -> int:
    """Return how many pictures one action may take."""
    return settings.SELECTION_MAX
