"""Authentication: the accepted key and the retired endpoints, changeable at runtime.

As recorded from the real service, the endpoint is checked before the key: without a key,
`GET /v2/ID/health` is 401 for an existing endpoint and 404 `endpoint not found` otherwise.
"""

import hmac

ABSENT = "missing"  # endpoints with this prefix do not exist


class EndpointAccess:
    def __init__(self, api_key: str | None) -> None:
        self.api_key = api_key  # None: any key is accepted
        self._control_key = api_key  # constant, so that a rotated key can be corrected
        self._retired: set[str] = set()

    def retire(self, endpoint: str) -> None:
        """Make an endpoint return 404; its jobs are kept."""
        self._retired.add(endpoint)

    def restore(self, endpoint: str) -> None:
        self._retired.discard(endpoint)

    def exists(self, endpoint: str) -> bool:
        return not endpoint.startswith(ABSENT) and endpoint not in self._retired

    def accepts(self, authorization: str) -> bool:
        return _fits(authorization, self.api_key)

    def controls(self, authorization: str) -> bool:
        return _fits(authorization, self._control_key)


def _fits(authorization: str, key: str | None) -> bool:
    """Compare the key, which may stand alone or after a scheme: Bearer, or Yandex's Api-Key."""
    sent_key = authorization.rpartition(" ")[2]
    return (
        bool(sent_key)
        if key is None
        else hmac.compare_digest(sent_key.encode(errors="surrogateescape"), key.encode())
    )
