"""Names and texts of presets and own styles: composed letters, no control characters, lengths."""

import unicodedata

from django.utils.translation import gettext as _

from artgen.refusals import FieldError


def cleaned(text: str) -> str:
    """Return the name with composed letters and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(name: str) -> str:
    """Return what makes two names equal: without upper case."""
    return unicodedata.normalize("NFC", name.casefold())


def problems(field: str, text: str, *, limit: int, is_required: bool = True) -> list[FieldError]:
    """Return what is wrong with a cleaned text of one line."""
    if not text:
        return [FieldError(field, "blank", _("Fill in this field."))] if is_required else []
    if len(text) > limit:
        detail = _("At most %(max)d characters.") % {"max": limit}
        return [FieldError(field, "max_length", detail)]
    if not text.isprintable():
        detail = _("The text contains unsupported characters.")
        return [FieldError(field, "control_characters", detail)]
    return []
