"""Template tag for links of the navigation: `{% load navigation %}`."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def aria_current(context: Context, *pages: str, within: str = "") -> SafeString:
    """Return `aria-current` for a link: "page" on these pages, "true" on those in `within`.

    Pages are names of URLs; those of `within` are separated by spaces.
    """
    match = getattr(context.get("request"), "resolver_match", None)
    name = match.url_name if match else ""
    if name in pages:
        return SafeString('aria-current="page"')
    return SafeString('aria-current="true"' if name in within.split() else "")
