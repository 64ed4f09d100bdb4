"""Messages with a button that undoes what was done."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

PAGE_FORM = "image-form"
"""Id of a form that every page with images has."""


def with_undo(
    text: str, *, action: str, form: str = PAGE_FORM, name: str = "", value: str = ""
) -> SafeString:
    """Return the message with a button that posts the page's form of this id to `action`.

    The button works without script. It sends `value` as the field `name`, if there is a name.
    """
    field = format_html(' name="{}" value="{}"', name, value) if name else ""
    return format_html(
        '{} <button class="text-link" type="submit" form="{}" formaction="{}"{}>{}</button>',
        *(text, form, action, field, _("Undo")),
    )
