"""What every call to a provider needs with any HTTP library: address, key, limits."""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from requests import PreparedRequest

USER_AGENT = "ArtGen (+https://docs.runpod.io/serverless)"
MIN_SECRET_LENGTH = 12  # characters; keys of RunPod have 46


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Connections and timeouts of one process.

    `pool_kept` connections stay open between calls. At most `pool_max` calls run at once; a further
    call waits `pool_wait_seconds` for a slot. A sweep uses `sweep_connections`, each with about a
    hundred calls at once if the server supports HTTP/2.
    """

    pool_kept: int = 50
    pool_max: int = 100
    pool_wait_seconds: float = 5
    connect_seconds: float = 3.05
    read_seconds: float = 15
    run_seconds: float = 10  # of a whole POST /run, which blocks the model's next submission
    sweep_connections: int = 4
    sweep_seconds: float = 8

    def __post_init__(self) -> None:
        if not 0 < self.pool_kept <= self.pool_max:
            raise ValueError(
                f"{self.pool_kept} connections cannot be kept of at most {self.pool_max}"
            )
        timeouts = (self.connect_seconds, self.read_seconds, self.run_seconds, self.sweep_seconds)
        if self.sweep_connections < 1 or min(timeouts) <= 0:
            raise ValueError("a sweep needs a connection, and every timeout is more than 0 seconds")

    @property
    def longest_seconds(self) -> float:
        """The longest that a single call may take: waiting for a slot, connecting, a slow reply."""
        return self.pool_wait_seconds + self.connect_seconds + 4 * self.read_seconds


@dataclass(frozen=True, slots=True)
class BearerAccess:
    """A provider's address and the API key. Raises ValueError for a bad key."""

    base_url: str
    api_key: str = field(repr=False)
    scheme: str = "Bearer"
    more_headers: Mapping[str, str] | tuple[tuple[str, str], ...] = field(default=(), repr=False)
    header: str = "Authorization"  # that has the key

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        object.__setattr__(self, "api_key", header_key(self.api_key))
        more = tuple(sorted(dict(self.more_headers).items()))  # which has a hash
        object.__setattr__(self, "more_headers", more)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every call, without the key."""
        return {"Accept": "application/json", "User-Agent": USER_AGENT, **dict(self.more_headers)}

    @property
    def key_header(self) -> dict[str, str]:
        return {self.header: f"{self.scheme} {self.api_key}".strip()} if self.api_key else {}

    def __call__(self, request: "PreparedRequest") -> "PreparedRequest":
        """Set the key. As a request's `auth`, so that .netrc cannot replace it."""
        request.headers.update(self.key_header)
        return request

    def address(self, *path: str) -> str:
        """Return the address of a call; ids are quoted. Raises ValueError for an empty one."""
        parts = [urllib.parse.quote(part, safe="") for part in path]
        if not all(part.strip(".") for part in parts):
            raise ValueError("an endpoint id or job id is empty")
        return "/".join([self.base_url, *parts])

    def scrub(self, text: str) -> str:
        return text.replace(self.api_key, "***") if self.api_key else text

    def scrub_bytes(self, data: bytes) -> bytes:
        """Return the bytes without the key.

        A key of a few letters, such as the demo's, is not secret and occurs in images as base64.
        """
        is_secret = len(self.api_key) >= MIN_SECRET_LENGTH
        return data.replace(self.api_key.encode(), b"***") if is_secret else data


class OwnKey(NamedTuple):
    """What an endpoint's server wants: the key, as a bearer token or in this header."""

    header: str
    key: str


OwnKeys = Mapping[str, OwnKey] | tuple[tuple[str, OwnKey], ...]
"""By the ids of endpoints."""


def address_of(endpoint_id: str) -> str:
    """Return the address in an endpoint's id, such as http://10.0.0.5:8020/v1#MODEL; "": none."""
    address, _, _ = endpoint_id.partition("#")
    return address if address.startswith(("http://", "https://")) else ""


def header_key(api_key: str) -> str:
    """Return the key without surrounding space. Raises ValueError if a header cannot hold it."""
    key = api_key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("the API key has characters that cannot be in a header")
    return key
