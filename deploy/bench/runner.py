"""Run the chosen rows, each on the site that it needs; note why a row cannot be measured."""

import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from deploy.bench.result import ResultLine
from deploy.bench.settings import Sizes
from deploy.bench.site import BenchSite

WARM_UP = 16  # requests before the first that counts
USER_BURST = 30  # below NGINX_BURST; what a row has used up comes back while its floor is measured
Row = Callable[["Bench"], list[ResultLine]]


class Bench:
    """Keeps the site of the last row for the next one that needs the same."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self._kind = ""
        self._site: BenchSite | None = None

    @property
    def feeds(self) -> int:
        """The number of people who read pages: each stays below nginx's rate limit."""
        requests = self.sizes.times * (self.sizes.requests + WARM_UP)
        return max(2, -(-requests // USER_BURST))

    def site(
        self, kind: str, *, furnish: Callable[[BenchSite], None] | None = None, **options: Any
    ) -> BenchSite:
        """Return the running site of this kind; stop another one first."""
        if self._kind != kind or self._site is None:
            self.close()
            site = BenchSite(**{"history": self.sizes.finished_rows, **options})
            self._site, self._kind = site.__enter__(), kind
            if furnish is not None:
                furnish(site)
        return self._site

    def close(self) -> None:
        site, self._site, self._kind = self._site, None, ""
        if site is not None:
            site.__exit__()

    def run(self, rows: dict[str, Row], wanted: Sequence[str]) -> list[tuple[str, ResultLine]]:
        """Return the lines of these rows; one that fails says why, and the others continue."""
        lines: list[tuple[str, ResultLine]] = []
        try:
            for name in wanted:
                began = time.monotonic()
                print(f"{name} …", end=" ", flush=True)
                try:
                    row_lines = rows[name](self)
                except Exception as error:  # noqa: BLE001 the other rows are still measured
                    traceback.print_exc(file=sys.stderr)
                    row_lines = [
                        ResultLine(
                            name,
                            "not measured",
                            detail=f"{type(error).__name__}: {error}"[:300],
                            failed=True,
                        )
                    ]
                    self.close()
                values = "; ".join(line.value for line in row_lines)
                print(f"{time.monotonic() - began:.0f} s: {values}", flush=True)
                lines += [(name, line) for line in row_lines]
        finally:
            self.close()
        return lines
