"""The note of an image: what its owner wrote about it."""

import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from artgen.refusals import FieldError, Refusal
from artgen.web import formatting
from generation.models import Image

NOTE_MAX = 2000


class NoteChanged(Refusal):
    """The note is no longer the one that the change was made to; `note` is what it is now."""

    code = "note_changed"
    status = 409
    text = gettext_lazy(
        "The note was changed in another tab. Your text isn’t saved. Save again to replace that "
        "note with your text."
    )

    def __init__(self, note: str) -> None:
        super().__init__()
        self.note = note


def clean(text: str) -> str:
    """Return the note with composed letters and "\\n" as line ends; raise Refusal."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > NOTE_MAX:
        text = _("At most %(max)s characters.") % {"max": formatting.number(NOTE_MAX)}
        raise Refusal(errors=[FieldError("note", "max_length", text)])
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text if letter not in "\n\t"):
        text = _("Control characters are not allowed.")
        raise Refusal(errors=[FieldError("note", "control_characters", text)])
    return text


def write(image: Image, *, note: str, before: str | None = None) -> Image:
    """Replace the image's note, if it is still `before`, where that is given.

    Raises:
        Refusal: the note is invalid.
        NoteChanged: another request has changed it.
    """
    note = clean(note)
    rows = Image.objects.filter(id=image.id)
    if before is not None:
        # The text that a browser sends has other line ends than the one that it was given.
        rows = rows.filter(note__in=(clean(before), note))
    if not rows.update(note=note):
        raise NoteChanged(Image.objects.values_list("note", flat=True).get(id=image.id))
    image.note = note
    return image
