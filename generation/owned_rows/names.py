"""Names that users give: cleaned, compared without case, numbered if taken, checked."""

import unicodedata

from django.utils.translation import gettext as _

from artgen.refusals import FieldError, Refusal


def cleaned(text: str) -> str:
    """Return the name with composed letters and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(name: str) -> str:
    """Return what makes two names equal: without upper case."""
    return unicodedata.normalize("NFC", name.casefold())


def unused(name: str, *, taken: set[str], limit: int) -> str:
    """Return the name, with a number if another row of the user has it."""
    number, candidate = 1, name
    while folded(candidate) in taken:
        number += 1
        candidate = f"{name[: limit - len(str(number)) - 1]} {number}"
    return candidate


def checked(name: str, *, limit: int) -> str:
    """Return a cleaned name; raise Refusal."""
    name = cleaned(name)
    if errors := problems("name", name, limit=limit):
        raise Refusal(errors=errors)
    return name


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
