"""How large each measurement is: `--size NAME=NUMBER` changes one."""

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True)
class Sizes:
    """The defaults are those of the table in PERFORMANCE.md."""

    burst_jobs: int = 1000
    burst_floor_jobs: int = 36  # three rounds of the twelve blocking workers
    steady_jobs: int = 150  # at each rate
    stored_images: int = 16
    requests: int = 200
    feed_images: int = 120
    finished_rows: int = 1_000_000
    memory_jobs: int = 300
    memory_minutes: float = 1.0
    times: int = 3  # of which the median counts

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
