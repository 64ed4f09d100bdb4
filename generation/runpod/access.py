"""What every call to RunPod needs, whichever library sends it: where, with which key, over how many connections."""

import os
import urllib.parse
import weakref
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

USER_AGENT = "ArtGen (+https://docs.runpod.io/serverless)"

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many connections a process holds, and how many seconds it waits for what.

    `kept` connections stay open between calls, at most `most` calls are under way at once, and a further one waits
    `wait_seconds` for its turn. `sweep_connections` is how many carry a sweep, over which some hundred calls go at the
    same time where the server speaks HTTP/2.
    """

    kept: int = 50
    most: int = 100
    wait_seconds: float = 5
    connect_seconds: float = 3.05
    read_seconds: float = 15
    run_seconds: float = 10  # of a whole POST /run: it blocks the model's next submission
    sweep_connections: int = 4
    sweep_seconds: float = 8

    def __post_init__(self) -> None:
        if not 0 < self.kept <= self.most:
            raise ValueError(f"{self.kept} connections cannot be kept of at most {self.most}")
        timeouts = (self.connect_seconds, self.read_seconds, self.run_seconds, self.sweep_seconds)
        if self.sweep_connections < 1 or min(timeouts) <= 0:
            raise ValueError("a sweep needs a connection, and every timeout is more than 0 seconds")

    @property
    def longest_seconds(self) -> float:
        """The longest that a single call may take: its turn, connecting, and a reply that comes in drops."""
        return self.wait_seconds + self.connect_seconds + 4 * self.read_seconds


@dataclass(frozen=True, slots=True)
class Access:
    """RunPod's address, which ends in `/v2`, and the key that opens it. Raises ValueError for no such key."""

    base_url: str
    api_key: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        object.__setattr__(self, "api_key", header_key(self.api_key))

    @property
    def headers(self) -> dict[str, str]:
        """What every call says besides the key."""
        return {"Accept": "application/json", "User-Agent": USER_AGENT}

    def __call__(self, request: R) -> R:
        """Set the key, as the `auth` of a request of either library: a .netrc of the machine cannot replace it."""
        request.headers["Authorization"] = f"Bearer {self.api_key}"  # type: ignore[attr-defined]
        return request

    def address(self, *path: str) -> str:
        """Return the address of a call; ids are quoted. Raises ValueError for an empty one."""
        parts = [urllib.parse.quote(part, safe="") for part in path]
        if not all(part.strip(".") for part in parts):
            raise ValueError("an endpoint id or job id is empty")
        return "/".join([self.base_url, *parts])

    def scrub(self, text: str) -> str:
        """Return the text without the key."""
        return text.replace(self.api_key, "***") if self.api_key else text

    def scrub_bytes(self, data: bytes) -> bytes:
        """Return the bytes without the key."""
        return data.replace(self.api_key.encode(), b"***") if self.api_key else data


def header_key(api_key: str) -> str:
    """Return the key as it goes into a header; one read from a file ends in a newline. Raises ValueError."""
    key = api_key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("the RunPod API key has characters that cannot be in a header")
    return key


class _Renewable(Protocol):
    def fresh(self) -> Any:
        """Begin anew, without connections and with locks that nobody holds."""


# A forked child must share neither a connection with its parent nor a lock that some thread held at that moment.
_renewed: "weakref.WeakSet[_Renewable]" = weakref.WeakSet()


def renew_after_fork(connected: _Renewable) -> None:
    """Call `connected.fresh()` in every process that is forked from this one, as long as it lives."""
    _renewed.add(connected)


def _after_fork() -> None:
    for connected in list(_renewed):
        connected.fresh()


os.register_at_fork(after_in_child=_after_fork)
