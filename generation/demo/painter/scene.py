"""What a prompt asks for, independent of its language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """Motif and circumstances named by a prompt; empty fields are chosen by the seed."""

    motif: str | None = None
    """Key of the motif to paint."""

    place: str | None = None
    """Key of a place named beside the motif, in which the motif stands."""

    things: frozenset[str] = frozenset()
    """Every motif and detail named, such as "moon" or "boat"."""

    time: str | None = None
    """"dawn", "day", "sunset", "dusk" or "night"."""

    season: str | None = None
    """"spring", "summer", "autumn" or "winter"."""

    weather: frozenset[str] = frozenset()
    """Among "fog", "rain", "snow", "storm", "clouds", "clear"."""

    colors: tuple[str, ...] = ()
    """Keys of named colors in the order of the prompt."""

    moods: frozenset[str] = frozenset()
    """Among "calm", "dark", "bright", "pastel", "vivid", "mono", "warm", "cold"."""

    finishes: tuple[str, ...] = ()
    """Keys of finishing passes in the order of the prompt."""

    without: frozenset[str] = frozenset()
    """Motifs and details that the negative prompt excludes."""

    def has(self, *names: str) -> bool:
        return any(name in self.things for name in names)

    def allows(self, name: str) -> bool:
        return name not in self.without
