"""Template tags for selections: `{% load selection %}`."""

from django import template
from django.conf import settings
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from artgen import formatting

register = template.Library()


@register.simple_tag
def selection_max() -> int:
    """Return how many images one action accepts."""
    return settings.SELECTION_MAX


@register.simple_tag
def selection_words() -> SafeString:
    """Return the plural forms of texts that the page's script updates."""
    forms = {
        "pictures": formatting.plural_forms(
            lambda n: ngettext("%(count)s image", "%(count)s images", n).replace(
                " ", "\N{NO-BREAK SPACE}"
            )
        ),
        "found": formatting.plural_forms(
            lambda n: ngettext("%(shown)s found", "%(shown)s found", n)
        ),
    }
    return json_script(forms, "words")
