"""How large each measurement is: `--size NAME=NUMBER` changes one, `--scale` all of them."""

from dataclasses import dataclass, field, fields, replace
from typing import Self


@dataclass(frozen=True)
class Sizes:
    """The defaults are those of the table in PERFORMANCE.md."""

    burst_jobs: int = 1000
    burst_floor_jobs: int = 36  # three rounds of the twelve blocking workers
    steady_jobs: int = 150  # at each rate
    counted_jobs: int = 20
    stored_images: int = 16
    requests: int = 200
    feed_images: int = 120
    finished_rows: int = 1_000_000
    due_jobs: int = 400
    tick_seconds: int = 20
    sockets: int = 2000
    socket_seconds: int = 10
    events_per_second: int = 1000
    hanging_jobs: int = 24
    other_jobs: int = 10
    away_jobs: int = 300
    patience_seconds: int = 120  # after which a disturbance counts as permanent
    memory_jobs: int = 300
    memory_minutes: float = 1.0
    times: int = field(default=3, metadata={"scaled": False})  # of which the median counts

    def scaled(self, factor: float) -> Self:
        """Return sizes so much larger, none below 1."""
        names = [size.name for size in fields(self) if size.metadata.get("scaled", True)]
        least = {
            "memory_minutes": 0.1,
            "burst_floor_jobs": 12,
            "patience_seconds": 20,
            "tick_seconds": 6,
            "socket_seconds": 3,
        }
        return replace(
            self,
            **{
                name: max(
                    least.get(name, 1), type(getattr(self, name))(getattr(self, name) * factor)
                )
                for name in names
            },
        )

    def changed(self, pairs: list[str]) -> Self:
        """Return these with NAME=NUMBER changed; raises ValueError for a name that is not there."""
        types = {size.name: type(getattr(self, size.name)) for size in fields(self)}
        changes = {}
        for pair in pairs:
            name, equals, text = pair.partition("=")
            if not equals or name not in types:
                raise ValueError(f"{pair!r}: NAME=NUMBER, with one of {', '.join(types)}")
            changes[name] = types[name](text)
        return replace(self, **changes)
