"""A dialect: the parameters and source images it accepts, and how its input is built."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any


class PayloadError(ValueError):
    """The dialect does not support what is requested."""


class UnknownDialect(PayloadError):
    """This version of ArtGen has no dialect of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Parameters of an image; None where the model decides."""

    prompt: str
    negative_prompt: str = ""
    width: int  # pixels
    height: int
    steps: int | None = None
    guidance: float | None = None
    seed: int
    strength: float | None = None  # 0–1, how far from the source image
    lora_url: str = ""  # from which the endpoint downloads a LoRA
    lora_scale: float | None = None
    scale: int | None = None  # how many times larger than the source image


@dataclass(frozen=True, slots=True)
class InputImage:
    """A source image: RunPod's public endpoints fetch `url`, self-hosted workers get `data`."""

    url: str
    name: str
    data: bytes | None = None
    weight: float | None = None  # how much of it is taken, for models that get a number


Build = Callable[[Parameters, Sequence[InputImage]], dict[str, Any]]
SeedOf = Callable[[object], int | None]


def no_seed(output: object) -> int | None:
    """Return None: public endpoints do not return the seed."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    name: str
    accepts: frozenset[str]  # fields of Parameters
    build: Build
    min_sources: int = 0
    max_sources: int = 0
    needs_data: bool = False  # source images are embedded in the input, not linked
    mask_field: str = ""  # of the input, for a mask; "": it takes none
    needs_address: bool = False  # its workers download source images and cannot read data: URIs
    sizes: tuple[tuple[int, int], ...] = ()  # the only (width, height) it accepts; empty: any
    # Minimum, maximum and step of each side, in px.
    side_limits: tuple[int | None, int | None, int | None] = (None, None, None)
    sized_by_source: bool = False  # the output has the aspect ratio of the first source image
    seed_of: SeedOf = no_seed  # reads the seed from a finished output


ALWAYS = frozenset({"prompt"})
_DEFAULTS = {item.name: item.default for item in fields(Parameters) if item.default is not MISSING}


def check_parameters(
    dialect: Dialect,
    parameters: Parameters,
    sources: Sequence[InputImage],
    mask: InputImage | None = None,
) -> None:
    """Raise PayloadError if the dialect does not support these parameters and source images.

    Width, height and seed are always set, so a dialect without them ignores them: an edit, for
    example, keeps its source's size.
    """
    for name, default in _DEFAULTS.items():
        if getattr(parameters, name) != default and name not in dialect.accepts:
            raise PayloadError(f"{dialect.name} takes no {name}")
    size = (parameters.width, parameters.height)
    if dialect.sizes and size not in dialect.sizes:
        raise PayloadError(f"{dialect.name} takes no size {size[0]}x{size[1]}")
    for side in size:
        _check_side(dialect, side)
    minimum, maximum = dialect.min_sources, dialect.max_sources
    if not minimum <= len(sources) <= maximum:
        raise PayloadError(
            f"{dialect.name} takes {minimum} to {maximum} source images, not {len(sources)}"
        )
    if mask and not (dialect.mask_field and sources):
        raise PayloadError(f"{dialect.name} takes no mask")
    for source in (*sources, *([mask] if mask else [])):
        if dialect.needs_data and source.data is None:
            raise PayloadError(f"{dialect.name} needs the bytes of a source image")
        if not dialect.needs_data and not source.url:
            raise PayloadError(f"{dialect.name} needs the address of a source image")


def _check_side(dialect: Dialect, side: int) -> None:
    minimum, maximum, step = dialect.side_limits
    if (minimum and side < minimum) or (maximum and side > maximum):
        raise PayloadError(
            f"{dialect.name} takes sides of {minimum or 1} to {maximum or 'any'} px, not {side}"
        )
    if step and side % step:
        raise PayloadError(
            f"{dialect.name} takes sides that are multiples of {step} px, not {side}"
        )
