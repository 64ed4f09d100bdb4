"""What the forms of several account pages share."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

NEW_PASSWORD_HINT = _("At least 10 characters. Common passwords aren’t allowed.")
MAX_PASSWORD_LENGTH = 1024


def label_field(field: forms.Field, label: Any, hint: Any = "") -> None:
    """Give a field of allauth our label and hint, and no placeholder."""
    field.label, field.help_text = label, hint
    field.widget.attrs.pop("placeholder", None)
