"""Icons, numbers and times in templates of the admin and of emails: `{% load theme %}`."""

from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from artgen.web import formatting

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=1000)
def icon(name: str, classes: str = "") -> SafeString:
    """Return an icon, hidden from screen readers: `{% icon "heart" "icon-small" %}`."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {classes}" if classes else "",
        static("artgen/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def page_part(context: Context, template_name: str) -> SafeString:
    """Render a part that pages have, too, with this context."""
    values: dict[Any, Any] = context.flatten()
    return mark_safe(get_template(template_name, using="jinja2").render(values))


for _name, _text_of in (
    ("credits", formatting.credits),
    ("day", formatting.day),
    ("duration", formatting.duration),
    ("images", formatting.image_count),
    ("moment", formatting.moment),
    ("number", formatting.number),
):
    register.filter(_name, _text_of)
