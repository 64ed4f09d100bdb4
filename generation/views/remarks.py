"""What the image page shows of note and tags, also after a refusal."""

from collections.abc import Sequence
from dataclasses import dataclass

from generation.gallery.notes import NOTE_MAX
from generation.models import Image, tag_names
from generation.models.tags import TAG_MAX


@dataclass(frozen=True)
class Remarks:
    """Note and tags of an image, and texts that were refused, so that they are not lost."""

    image: Image
    typed_note: str | None = None
    note_error: str = ""
    other_note: str = ""
    """What the note is now, where another tab has changed it."""
    typed_tags: str = ""
    tags_error: str = ""

    note_max = NOTE_MAX
    tag_max = TAG_MAX

    @property
    def note(self) -> str:
        return self.image.note if self.typed_note is None else self.typed_note

    @property
    def tags(self) -> Sequence[str]:
        """The image's tags in order."""
        return tag_names(self.image)
