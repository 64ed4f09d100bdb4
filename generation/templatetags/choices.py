"""Template tags for the lists of the composer: `{% load choices %}`."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from artgen.frontend.jinja import rendered
from generation.views.composing import ModelOption, StyleOption

register = template.Library()


@register.simple_tag
def sample(address: str, name: str) -> SafeString:
    """Render the sample image of a model or style, or the first letter of its name without one."""
    if not address:
        return format_html(
            '<span class="sample sample-letter" aria-hidden="true">{}</span>', name[:1]
        )
    return format_html(
        '<img class="sample" src="{}" alt="" width="176" height="176" loading="lazy"'
        ' decoding="async">',
        address,
    )


@register.simple_tag
def model_options(options: Sequence[ModelOption]) -> SafeString:
    return rendered("generation/model_options.html", options=options, sample=sample)


@register.simple_tag
def style_options(styles: Sequence[StyleOption], chosen: str) -> SafeString:
    """Render the styles as radio buttons; `chosen` is a slug."""
    return rendered("generation/style_options.html", styles=styles, chosen=chosen, sample=sample)
