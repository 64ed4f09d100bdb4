"""Template tags for icons, numbers and times: `{% load theme %}`."""

from datetime import date, datetime
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from artgen import formatting

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


@register.filter
def credits(amount: int) -> str:
    return formatting.credits(amount)


@register.filter
def pictures(count: int) -> str:
    return formatting.image_count(count)


@register.filter
def number(value: int) -> str:
    return formatting.number(value)


@register.filter
def percent(share: float) -> str:
    return formatting.percent(share)


@register.filter
def duration(seconds: float) -> str:
    """Return "40 s", "2.5 min"."""
    return formatting.duration(seconds)


@register.filter
def waiting(eta: dict[str, float] | None) -> str:
    """Return a forecast {"p50", "p90"} as text: "about 40 s", "20–60 s"; empty for None."""
    return formatting.about(eta["p50"], eta["p90"]) if eta else ""


@register.filter
def day(value: datetime | date) -> str:
    """Return "today", "yesterday", "November 18"."""
    return formatting.day(value)


@register.filter
def moment(value: datetime) -> str:
    return formatting.moment(value)


@register.filter
def clock(value: datetime) -> str:
    return formatting.clock(value)


@register.filter
def file_size(count: int) -> str:
    return formatting.file_size(count)
