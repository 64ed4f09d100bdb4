"""How many routes, identities and methods the suite tries."""

from dataclasses import dataclass

from generation.testing.isolation.access import METHODS
from generation.testing.isolation.identities import IDENTITIES
from generation.testing.isolation.routes import site_routes, socket_routes
from generation.testing.isolation.suite import trials


@dataclass(frozen=True)
class Counts:
    """The size of the suite."""

    routes: int
    identities: int
    methods: int
    requests: int
    sockets: int

    def __str__(self) -> str:
        return (
            f"{self.routes} routes × {self.identities} identities, as the owner with all "
            f"{self.methods} methods: {self.requests:,} requests, and {self.sockets} socket route × "
            f"{self.identities} identities"
        )


def counts() -> Counts:
    routes = site_routes()
    requests = sum(1 for one in IDENTITIES for _trial in trials(routes, identity=one))
    return Counts(len(routes), len(IDENTITIES), len(METHODS), requests, len(socket_routes()))
