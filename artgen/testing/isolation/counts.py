"""How many routes, identities and methods the suite tries."""

from dataclasses import dataclass

from artgen.testing.isolation.access import METHODS
from artgen.testing.isolation.identities import IDENTITIES
from artgen.testing.isolation.routes import site_routes, socket_routes
from artgen.testing.isolation.suite import trials


@dataclass(frozen=True)
class Counts:
    """The size of the suite; `requests` is more than the product: some have several queries."""

    routes: int
    identities: int
    methods: int
    requests: int
    sockets: int

    def __str__(self) -> str:
        return (
            f"{self.routes} routes × {self.identities} identities × {self.methods} methods: "
            f"{self.requests:,} requests, and {self.sockets} socket route × "
            f"{self.identities} identities"
        )


def counts() -> Counts:
    routes = site_routes()
    each = sum(1 for _trial in trials(routes))
    return Counts(
        len(routes), len(IDENTITIES), len(METHODS), each * len(IDENTITIES), len(socket_routes())
    )
