"""Who may call which endpoint: the accepted key and the retired endpoints, both changeable in the middle of work.

Recorded from the real service: an endpoint's existence is checked before the key, so that without a
key `GET /v2/ID/health` is 401 for an endpoint that exists and 404 `endpoint not found` for one that
does not.
"""

import hmac

ABSENT = "missing"  # endpoints whose id begins like this do not exist


class Admission:
    """The accepted key and the retired endpoints; safe to read and change from any thread."""

    def __init__(self, api_key: str | None) -> None:
        self.api_key = api_key  # the only key that calls are accepted with; None: any
        self._control_key = api_key  # stays, so that a rotated key can be set right again
        self._retired: set[str] = set()

    def retire(self, endpoint: str) -> None:
        """Let an endpoint be not found; its jobs are kept."""
        self._retired.add(endpoint)

    def restore(self, endpoint: str) -> None:
        """Bring a retired endpoint back, with its jobs."""
        self._retired.discard(endpoint)

    def exists(self, endpoint: str) -> bool:
        """Tell whether there is such an endpoint."""
        return not endpoint.startswith(ABSENT) and endpoint not in self._retired

    def accepts(self, authorization: str) -> bool:
        """Tell whether an Authorization header has the key of the API."""
        return _fits(authorization, self.api_key)

    def controls(self, authorization: str) -> bool:
        """Tell whether an Authorization header has the key that the emulator was started with."""
        return _fits(authorization, self._control_key)


def _fits(authorization: str, key: str | None) -> bool:
    """The documentation shows the key with and without the word Bearer."""
    given = authorization[7:] if authorization[:7].lower() == "bearer " else authorization
    return (
        bool(given)
        if key is None
        else hmac.compare_digest(given.encode(errors="surrogateescape"), key.encode())
    )
