"""One line of the table."""

from dataclasses import asdict, dataclass, field
from typing import Any


class CannotMeasure(Exception):
    """A row cannot be measured here; the table contains the text, which says why."""


@dataclass(frozen=True)
class ResultLine:
    """A figure, what it is compared with, and the ratio of both."""

    figure: str
    value: str
    floor: str = ""
    ratio: float | None = None
    budget: str = ""
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    failed: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def quantile(values: list[float], share: float) -> float:
    """Return the value that this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ms(seconds: float) -> str:
    """Return a length of time in milliseconds, as precise as it is worth."""
    value = seconds * 1000
    return f"{value:.2g} ms" if value < 10 else f"{value:.0f} ms"
