"""What a source image is for, and how a model learns it.

The `roles` of a model have an entry for each role that it supports besides EDIT:

    {"style": {}, "subject": {"text": "Show the person of {image}."}, "composition": {"slot": 2}}

A text is added to the prompt, the one of TEXTS if none is given; it names the images by number:
https://docs.qwencloud.com/developer-guides/image-generation/image-editing.
A slot is the number of the image in a ComfyUI graph that uses it for this role, with an IP-Adapter
or a ControlNet: `{{image_2}}`.

All but an image to edit has a weight, which is part of its role's name: "style-light". A text says
it in words. `weights` are the numbers for light, medium and strong that a graph gets in
`{{weight_2}}`, or without a slot the endpoint's own field beside the image (`sources.weight` of the
request format), which then says the role as well:

    {"composition": {"slot": 1, "weights": [0.3, 0.6, 0.9]}, "style": {"weights": [0.3, 0.6, 1]}}
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
    # A style is a text around the prompt (`Job.style`), so people read another word here.
    STYLE = "style", pgettext_lazy("role of a source image", "Look")
    COMPOSITION = "composition", pgettext_lazy("role of a source image", "Composition")
    SUBJECT_LIGHT = "subject-light", pgettext_lazy("role of a source image", "Subject, light")
    SUBJECT_STRONG = "subject-strong", pgettext_lazy("role of a source image", "Subject, strong")
    STYLE_LIGHT = "style-light", pgettext_lazy("role of a source image", "Look, light")
    STYLE_STRONG = "style-strong", pgettext_lazy("role of a source image", "Look, strong")
    COMPOSITION_LIGHT = (
        "composition-light",
        pgettext_lazy("role of a source image", "Composition, light"),
    )
    COMPOSITION_STRONG = (
        "composition-strong",
        pgettext_lazy("role of a source image", "Composition, strong"),
    )

    @property
    def base(self) -> str:
        """The role without its weight, as models declare it."""
        return self.value.partition("-")[0]

    @property
    def weight(self) -> str:
        """One of WEIGHTS; "" is a medium one."""
        return self.value.partition("-")[2]


EDIT = SourceRole.EDIT.value
"""The role of images without one."""
IMAGE = "{image}"
TEXT_MAX_LENGTH = 300
KEYS: tuple[set[str], ...] = (set(), {"text"}, {"slot"}, {"weights"}, {"slot", "weights"})
TEXTS = {
    EDIT: "Edit {image}.",
    "subject": "Show the same subject as in {image}.",
    "style": "Use only the style of {image}, not what it shows.",
    "composition": "Use only the composition of {image}, not its style.",
}
"""What the prompt says of an image: models read English best."""
WEIGHTS = {
    "light": pgettext_lazy("weight of a source image", "Light"),
    "": pgettext_lazy("weight of a source image", "Medium"),
    "strong": pgettext_lazy("weight of a source image", "Strong"),
}
WEIGHT_TEXTS = {
    "light": " Take only a little from {image}.",
    "": "",
    "strong": " Follow {image} closely.",
}


@dataclass(frozen=True)
class RoleFormat:
    """How a model learns the role of an image: by a text in the prompt, a slot or a field."""

    text: str = ""
    slot: int = 0
    weights: tuple[float, ...] = ()
    """Numbers for WEIGHTS, if it does not learn the weight by a text."""

    def of_weight(self, weight: str) -> float | None:
        """Return the number for one of WEIGHTS; None: none is sent."""
        return self.weights[list(WEIGHTS).index(weight)] if self.weights else None


def formats_from(raw: Mapping[str, Any]) -> dict[str, RoleFormat]:
    """Return the formats of a JSON or TOML table; raise ValueError with what is wrong."""
    return {role: _format(role, entry) for role, entry in raw.items()}


def _format(role: str, entry: object) -> RoleFormat:
    if role not in TEXTS or role == EDIT:
        known = ", ".join(name for name in TEXTS if name != EDIT)
        raise ValueError(f"unknown role {role!r}. Known: {known}.")
    if not isinstance(entry, dict) or set(entry) not in KEYS:
        raise ValueError(
            f"{role}: must be an object with text, slot, weights, or slot and weights, or empty."
        )
    weights = entry.get("weights")
    if weights is not None and not _are_rising(weights):
        raise ValueError(f"{role}: weights must be three rising numbers: light, medium, strong.")
    weights = tuple(weights or ())
    if "slot" in entry:
        slot = entry["slot"]
        if type(slot) is not int or slot < 1:
            raise ValueError(f"{role}: slot must be the number of an image, from 1.")
        return RoleFormat(slot=slot, weights=weights)
    if weights:
        return RoleFormat(weights=weights)
    text = entry.get("text", TEXTS[role])
    if not isinstance(text, str) or IMAGE not in text or len(text) > TEXT_MAX_LENGTH:
        raise ValueError(
            f"{role}: text must contain {IMAGE} and have at most {TEXT_MAX_LENGTH} characters."
        )
    return RoleFormat(text=text)


def _are_rising(weights: object) -> bool:
    if not isinstance(weights, list | tuple) or len(weights) != len(WEIGHTS):
        return False
    are_numbers = all(type(weight) in (int, float) for weight in weights)
    return are_numbers and sorted(set(weights)) == list(weights)


def names_of(formats: Mapping[str, RoleFormat]) -> list[str]:
    """Return the names of these roles, with each weight that a model can be given."""
    return [
        f"{role}-{weight}" if weight else role
        for role, how in formats.items()
        for weight in sorted(WEIGHTS)
        if not weight or how.text or how.weights
    ]


def instructions(roles: Sequence[str], formats: Mapping[str, RoleFormat]) -> str:
    """Return what the prompt says of the images with these roles, "" for nothing."""
    texts = []
    for number, role in enumerate(map(SourceRole, roles), start=1):
        text = TEXTS[EDIT] if role == EDIT else formats[role.base].text
        image = "the image" if len(roles) == 1 else f"image {number}"
        texts += [(text + WEIGHT_TEXTS[role.weight]).replace(IMAGE, image)] if text else []
    return " ".join(texts)


def numbers_of(roles: Sequence[str], formats: Mapping[str, RoleFormat]) -> list[float | None]:
    """Return the weight that is sent beside each image with these roles."""
    return [
        None if role == EDIT else formats[role.base].of_weight(role.weight)
        for role in map(SourceRole, roles)
    ]


def in_slots[T](
    images: Sequence[T], roles: Sequence[str], formats: Mapping[str, RoleFormat]
) -> list[T]:
    """Return the images in the order of a graph: those with a slot there, the others around."""
    slots = [0 if role == EDIT else formats[role.base].slot for role in map(SourceRole, roles)]
    placed = {slot: image for slot, image in zip(slots, images, strict=True) if slot}
    others = iter([image for slot, image in zip(slots, images, strict=True) if not slot])
    return [placed[n] if n in placed else next(others) for n in range(1, len(images) + 1)]
