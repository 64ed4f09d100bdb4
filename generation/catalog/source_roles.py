"""What a source image is for, and how a model learns it.

The `roles` of a model have an entry for each role that it supports besides EDIT:

    {"style": {}, "subject": {"text": "Show the person of {image}."}, "composition": {"slot": 2}}

A text is added to the prompt, the one of TEXTS if none is given; it names the images by number:
https://docs.qwencloud.com/developer-guides/image-generation/image-editing.
A slot is the number of the image in a ComfyUI graph that uses it for this role, with an IP-Adapter
or a ControlNet: `{{image_2}}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class SourceRole(TextChoices):
    """What the new image takes from a source image."""

    EDIT = "edit", pgettext_lazy("role of a source image", "Edit")  # all but what the prompt says
    SUBJECT = "subject", pgettext_lazy("role of a source image", "Subject")
    STYLE = "style", pgettext_lazy("role of a source image", "Style")
    COMPOSITION = "composition", pgettext_lazy("role of a source image", "Composition")


EDIT = SourceRole.EDIT.value
"""The role of images without one."""
IMAGE = "{image}"
TEXT_MAX_LENGTH = 300
TEXTS = {
    EDIT: "Edit {image}.",
    "subject": "Show the same subject as in {image}.",
    "style": "Use only the style of {image}, not what it shows.",
    "composition": "Use only the composition of {image}, not its style.",
}
"""What the prompt says of an image: models read English best."""


@dataclass(frozen=True)
class RoleFormat:
    """How a model learns the role of an image: by a text in the prompt, or by a slot."""

    text: str = ""
    slot: int = 0


def formats_from(raw: Mapping[str, Any]) -> dict[str, RoleFormat]:
    """Return the formats of a JSON or TOML table; raise ValueError with what is wrong."""
    return {role: _format(role, entry) for role, entry in raw.items()}


def _format(role: str, entry: object) -> RoleFormat:
    if role not in SourceRole or role == EDIT:
        known = ", ".join(name for name in SourceRole.values if name != EDIT)
        raise ValueError(f"unknown role {role!r}. Known: {known}.")
    if not isinstance(entry, dict) or set(entry) - {"text", "slot"} or len(entry) > 1:
        raise ValueError(f"{role}: must be an object with text or slot, or an empty one.")
    if "slot" in entry:
        slot = entry["slot"]
        if type(slot) is not int or slot < 1:
            raise ValueError(f"{role}: slot must be the number of an image, from 1.")
        return RoleFormat(slot=slot)
    text = entry.get("text", TEXTS[role])
    if not isinstance(text, str) or IMAGE not in text or len(text) > TEXT_MAX_LENGTH:
        raise ValueError(
            f"{role}: text must contain {IMAGE} and have at most {TEXT_MAX_LENGTH} characters."
        )
    return RoleFormat(text=text)


def sent_prompt(prompt: str, roles: Sequence[str], formats: Mapping[str, RoleFormat]) -> str:
    """Return the prompt with what it says of each image; `roles` are those of the images."""
    texts = []
    for number, role in enumerate(roles, start=1):
        text = TEXTS[EDIT] if role == EDIT else formats[role].text
        image = "the image" if len(roles) == 1 else f"image {number}"
        texts += [text.replace(IMAGE, image)] if text else []
    return "\n".join([prompt, " ".join(texts)]) if texts else prompt


def in_slots[T](
    images: Sequence[T], roles: Sequence[str], formats: Mapping[str, RoleFormat]
) -> list[T]:
    """Return the images in the order of a graph: those with a slot there, the others around."""
    slots = [formats[role].slot if role != EDIT else 0 for role in roles]
    placed = {slot: image for slot, image in zip(slots, images, strict=True) if slot}
    others = iter([image for slot, image in zip(slots, images, strict=True) if not slot])
    return [placed[n] if n in placed else next(others) for n in range(1, len(images) + 1)]
