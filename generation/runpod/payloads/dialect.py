"""What a dialect is: the parameters it carries, the sources it takes, and how its input is built."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any


class PayloadError(ValueError):
    """The dialect cannot carry what is asked for."""


class UnknownDialect(PayloadError):
    """No dialect has this name here; another version of ArtGen may know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What one picture is to be; None where the model decides."""

    prompt: str
    negative_prompt: str = ""
    width: int  # pixels
    height: int
    steps: int | None = None
    guidance: float | None = None
    seed: int
    strength: float | None = None  # 0..1, how far from the source picture
    lora_url: str = ""  # where the endpoint fetches a LoRA
    lora_scale: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A picture to start from: RunPod's public endpoints fetch `url`, workers of one's own get `data`."""

    url: str
    name: str
    data: bytes | None = None


Build = Callable[[Parameters, Sequence[Source]], dict[str, Any]]
SeedOf = Callable[[Any], int | None]


def no_seed(output: Any) -> int | None:
    """Return None: the public endpoints do not tell the seed."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How to speak to one kind of worker."""

    name: str
    accepts: frozenset[str]  # fields of Parameters that can be carried
    build: Build
    min_sources: int = 0
    max_sources: int = 0
    needs_data: bool = False  # sources travel as bytes inside the input, not as addresses
    needs_address: bool = False  # its workers fetch sources themselves and cannot read a data: URI
    sizes: tuple[tuple[int, int], ...] = ()  # the only (width, height) it takes; empty: any
    side_limits: tuple[int | None, int | None, int | None] = (
        None,
        None,
        None,
    )  # px: min, max, step of each side
    sized_by_source: bool = False  # it draws in the shape of the first source and takes no other
    seed_of: SeedOf = no_seed  # the seed that a finished output names


ALWAYS = frozenset({"prompt"})
_DEFAULTS = {one.name: one.default for one in fields(Parameters) if one.default is not MISSING}


def check_parameters(dialect: Dialect, parameters: Parameters, sources: Sequence[Source]) -> None:
    """Raise PayloadError if the dialect cannot carry these parameters and sources.

    Width, height and seed are always set and so may be left out by a dialect that has none (an edit keeps its
    source's size).
    """
    for name, default in _DEFAULTS.items():
        if getattr(parameters, name) != default and name not in dialect.accepts:
            raise PayloadError(f"{dialect.name} takes no {name}")
    size = (parameters.width, parameters.height)
    if dialect.sizes and size not in dialect.sizes:
        raise PayloadError(f"{dialect.name} takes no size {size[0]}x{size[1]}")
    for side in size:
        _check_side(dialect, side)
    least, most = dialect.min_sources, dialect.max_sources
    if not least <= len(sources) <= most:
        raise PayloadError(
            f"{dialect.name} takes {least} to {most} source pictures, not {len(sources)}"
        )
    for source in sources:
        if dialect.needs_data and source.data is None:
            raise PayloadError(f"{dialect.name} needs the bytes of a source picture")
        if not dialect.needs_data and not source.url:
            raise PayloadError(f"{dialect.name} needs the address of a source picture")


def _check_side(dialect: Dialect, side: int) -> None:
    least, most, step = dialect.side_limits
    if (least and side < least) or (most and side > most):
        raise PayloadError(
            f"{dialect.name} takes sides of {least or 1} to {most or 'any'} px, not {side}"
        )
    if step and side % step:
        raise PayloadError(
            f"{dialect.name} takes sides that are multiples of {step} px, not {side}"
        )
