"""Template tags for selections: `{% load selection %}`."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen import formatting
from generation.models import Collection

register = template.Library()


@register.simple_tag
def selection_max() -> int:
    """Return how many images one action accepts."""
    return settings.SELECTION_MAX


@register.simple_tag
def selection_words() -> SafeString:
    """Return the plural forms of texts that the page's script updates."""
    forms: dict[str, Any] = {
        "position": _("%(number)s of %(total)s"),
        "pictures": formatting.plural_forms(
            lambda n: ngettext("%(count)s image", "%(count)s images", n).replace(
                " ", "\N{NO-BREAK SPACE}"
            )
        ),
        "open_stack": formatting.plural_forms(
            lambda n: ngettext("Show %(count)s image", "Show %(count)s images", n)
        ),
        "close_stack": formatting.plural_forms(
            lambda n: ngettext("Stack %(count)s image", "Stack %(count)s images", n)
        ),
        "found": formatting.plural_forms(
            lambda n: ngettext("%(shown)s found", "%(shown)s found", n)
        ),
    }
    return json_script(forms, "words")


@register.inclusion_tag("generation/_selection_button.html")
def selection_button(
    act: str, label: str, *, icon: str, to: str = "", of: Collection | None = None
) -> dict[str, Any]:
    """Render the button of the action `act`, which posts the selection to the URL named `to`.

    Without `to` it posts to the form's own URL. `of` is the collection to remove images from.
    """
    name, value = ("collection", str(of.id)) if of else ("", "")
    if act == "favorite":
        name, value = "favorite", "1"
    return {
        "act": act,
        "label": label,
        "word": _("Remove") if of else label,
        "name": name,
        "value": value,
        "icon_name": icon,
        "to": to,
    }
