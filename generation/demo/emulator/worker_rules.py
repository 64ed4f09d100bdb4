"""What each worker takes: sizes, ranges, sources, fields; the table is hosted_models.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOSTED: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("hosted_models.toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class WorkerRules:
    size: str = ""  # width, size, ratio, or "" if the source image determines it
    sizes: frozenset[str] = frozenset()  # the allowed sizes, as "W*H"
    steps_key: str = "num_inference_steps"
    steps: tuple[int, int] | None = None
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    source: str = ""  # image, images or image_url
    sources: tuple[int, int] = (0, 0)
    format_key: str = "output_format"
    default_steps: int = 20
    loras: bool = False
    ratios: Mapping[str, tuple[int, int]] = field(
        default_factory=dict
    )  # and the size that each gives, at 1k
    default_ratio: str = "16:9"
    custom: bool = False  # allows aspect_ratio "custom" with width and height
    resolutions: Mapping[str, float] = field(default_factory=dict)  # factor of the sides at 1k
    seed: bool = True
    choices: Mapping[str, tuple[object, ...]] = field(default_factory=dict)  # of further fields
    formats: tuple[str, ...] = ("png", "jpeg", "webp")
    sides: tuple[int, int] = (10, 9999)  # of a size
    default_size: str = "1024*1024"  # "": that of the first source
    is_strict: bool = False  # refuses a field that is not its own
    prompt: bool = True
    mask: str = ""  # as large as the source; white is repainted
    megapixels: tuple[float, float] | None = None  # of the enlarged source, as target_megapixels

    @property
    def fields(self) -> set[str]:
        """The names that a request may have."""
        sizes = {"width": ("width", "height"), "size": ("size",), "ratio": ("aspect_ratio",)}
        names = {*sizes.get(self.size, ()), *self.numbers, *self.choices}
        optional = {
            "prompt": self.prompt,
            self.mask: self.mask,
            "target_megapixels": self.megapixels,
            self.format_key: self.format_key,
            self.source: self.source,
            self.steps_key: self.steps,
            "seed": self.seed,
            "loras": self.loras,
            "resolution": self.resolutions,
        }
        return names | {name for name, has_it in optional.items() if has_it}


def _rules(given: dict[str, Any]) -> WorkerRules:
    """Return rules of the table, with ratios by name and with lists as what they are."""
    values = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
    for name in ("numbers", "choices"):
        if name in given:
            values[name] = {key: tuple(one) for key, one in given[name].items()}
    if "ratios" in given:
        ratios = HOSTED["ratios"][given["ratios"]]
        values["ratios"] = {ratio: tuple(size) for ratio, size in ratios.items()}
    return WorkerRules(**values | {"sizes": frozenset(given.get("sizes", ()))})


RULES = {name: _rules(given) for name, given in HOSTED["rules"].items()}
PUBLIC_ENDPOINTS = {endpoint: str(one["rules"]) for endpoint, one in HOSTED["runpod"].items()}
"""The key in RULES of each public endpoint."""
WAVESPEED_MODELS = {model: str(one["rules"]) for model, one in HOSTED["wavespeed"].items()}
"""The same of each model of WaveSpeed."""
