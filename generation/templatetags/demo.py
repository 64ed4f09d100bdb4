"""Template tags of the demo: `{% load demo %}`."""

from django import template

from generation.jobs import reachability

register = template.Library()


@register.simple_tag
def is_demo() -> bool:
    """Return whether the demo generator draws the images instead of models."""
    return reachability.is_demo()
