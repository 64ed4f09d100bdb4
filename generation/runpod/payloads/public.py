"""RunPod's public endpoints: one row each.

Source: https://docs.runpod.io/public-endpoints/reference and its model pages. They differ in a handful of
words only: how the size is said, what the source is called, where the safety switch is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .dialect import ALWAYS, Build, Dialect, Parameters, Source

RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3")


@dataclass(frozen=True, slots=True)
class Words:
    """What one public endpoint calls things; an empty word means that it has no such thing."""

    size: str = ""  # "size" → "W*H"; "width" → width and height apart; "aspect_ratio" → "16:9"
    negative: bool = False
    steps: bool = False
    guidance: bool = False
    seed: bool = True
    strength: bool = False
    image: str = ""  # "image" → one address; "images" → a list
    fixed: tuple[tuple[str, Any], ...] = ()  # sent with every job: PNG where it is offered, the safety checker on

    @property
    def accepts(self) -> frozenset[str]:
        """Name the parameters that these words can carry."""
        carried = {
            "width": bool(self.size),
            "height": bool(self.size),
            "negative_prompt": self.negative,
            "steps": self.steps,
            "guidance": self.guidance,
            "seed": self.seed,
            "strength": self.strength,
        }
        return ALWAYS | {name for name, can in carried.items() if can}


def _builder(words: Words) -> Build:
    def build(parameters: Parameters, sources: Sequence[Source]) -> dict[str, Any]:
        body: dict[str, Any] = {"prompt": parameters.prompt}
        if words.negative and parameters.negative_prompt:
            body["negative_prompt"] = parameters.negative_prompt
        if words.size == "width":
            body["width"], body["height"] = parameters.width, parameters.height
        elif words.size == "size":
            body["size"] = f"{parameters.width}*{parameters.height}"
        elif words.size == "aspect_ratio":
            body["aspect_ratio"] = nearest_ratio(parameters.width, parameters.height)
        if words.steps and parameters.steps is not None:
            body["num_inference_steps"] = parameters.steps
        if words.guidance and parameters.guidance is not None:
            body["guidance"] = parameters.guidance
        if words.seed:
            body["seed"] = parameters.seed
        if words.image == "image" and sources:
            body["image"] = sources[0].url
            if words.strength and parameters.strength is not None:
                body["strength"] = parameters.strength
        elif words.image == "images":
            body["images"] = [source.url for source in sources]
        return body | dict(words.fixed)

    return build


def nearest_ratio(width: int, height: int) -> str:
    """Return the ratio among RATIOS that is nearest to a size."""

    def distance(ratio: str) -> float:
        across, down = ratio.split(":")
        return abs(math.log(width * int(down) / (height * int(across))))

    return min(RATIOS, key=distance)


_CHECKED = ("enable_safety_checker", True)
_CHECKED_TOO = ("disable_safety_checker", False)
_PNG = ("output_format", "png")

Z_IMAGE_SIZES = (
    (512, 512),
    (768, 768),
    (1024, 1024),
    (1280, 1280),
    (1024, 768),
    (768, 1024),
    (1280, 720),
    (720, 1280),
)
WAN_SIZES = ((1024, 1024), (1024, 768), (1440, 1024))
QWEN_EDIT_2511_SIZES = ((1024, 1024), (1024, 1280), (1280, 1024), (1280, 1280), (1280, 1536), (1536, 1080))


def _row(
    name: str, words: Words, endpoints: tuple[str, ...], *, sources: tuple[int, int] = (0, 0), **more: Any
) -> Dialect:
    return Dialect(
        name=name,
        accepts=words.accepts,
        build=_builder(words),
        min_sources=sources[0],
        max_sources=sources[1],
        ratios=RATIOS if words.size == "aspect_ratio" else (),
        endpoints=endpoints,
        **more,
    )


DIALECTS = (
    _row(
        "flux",
        Words(size="width", negative=True, steps=True, guidance=True, fixed=(("image_format", "png"),)),
        ("black-forest-labs-flux-1-schnell", "black-forest-labs-flux-1-dev"),
    ),
    _row(
        "kontext",
        Words(size="size", negative=True, steps=True, guidance=True, image="image", fixed=(_PNG, _CHECKED)),
        ("black-forest-labs-flux-1-kontext-dev",),
        sources=(1, 1),
    ),
    _row("qwen", Words(size="size", negative=True, fixed=(_CHECKED,)), ("qwen-image-t2i",)),
    _row(
        "qwen_edit",
        Words(negative=True, image="image", fixed=(_PNG, _CHECKED)),
        ("qwen-image-edit",),
        sources=(1, 1),
    ),
    _row(
        "qwen_edit_2511",
        Words(size="size", image="images", fixed=(_PNG,)),
        ("qwen-image-edit-2511",),
        sources=(1, 3),
        sizes=QWEN_EDIT_2511_SIZES,
    ),
    _row("seedream", Words(size="size", negative=True, fixed=(_CHECKED,)), ("seedream-v4-t2i",)),
    _row(
        "seedream_edit",
        Words(size="size", seed=False, image="images", fixed=(_CHECKED,)),
        ("seedream-v4-edit",),
        sources=(1, 10),
    ),
    _row(
        "z_image",
        Words(size="size", strength=True, image="image", fixed=(_PNG, _CHECKED)),
        ("z-image-turbo",),
        sources=(0, 1),
        sizes=Z_IMAGE_SIZES,
    ),
    _row("p_image", Words(size="aspect_ratio", fixed=(_CHECKED_TOO,)), ("p-image-t2i",)),
    _row(
        "p_image_edit",
        Words(size="aspect_ratio", image="images", fixed=(_CHECKED_TOO,)),
        ("p-image-edit",),
        sources=(1, 5),
    ),
    _row("wan", Words(size="size", fixed=(_CHECKED,)), ("wan-2-6-t2i",), sizes=WAN_SIZES),
)
