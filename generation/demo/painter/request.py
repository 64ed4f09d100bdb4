"""What to paint."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

from PIL import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintRequest:
    prompt: str
    width: int
    height: int
    seed: int
    model: str = ""
    """Each model composes and grades in its own way."""

    negative_prompt: str = ""
    sources: tuple[bytes, ...] = ()
    """The first is repainted by the words; a second lends its colors."""

    strength: float | None = None
    """0..1: how far the first source is repainted."""

    mask: bytes | None = None
    """Only its white area is repainted."""

    scale: int = 1
    """Above 1 the source is enlarged."""

    format: Literal["jpeg", "png"] = "png"

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    def decoded_sources(self) -> list[Image.Image]:
        return [Image.open(io.BytesIO(data)).convert("RGB") for data in self.sources]

    def decoded_mask(self) -> Image.Image | None:
        return None if self.mask is None else Image.open(io.BytesIO(self.mask)).convert("L")
