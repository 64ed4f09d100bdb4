"""The servers of a provider that anybody can run: the site's, and those of single endpoints."""

from generation.providers.access import BearerAccess, HttpLimits, OwnKey, OwnKeys, address_of
from generation.providers.call_client import CallClient
from generation.providers.call_errors import EndpointMissing


class EndpointCalls:
    """Clients by endpoint. A server with its own address never gets the key of the site's."""

    def __init__(
        self,
        name: str,
        site: BearerAccess,
        limits: HttpLimits,
        own_keys: OwnKeys = (),
    ) -> None:
        """Prepare without connecting."""
        self._name, self._limits, self._own_keys = name, limits, dict(own_keys)
        self.site = CallClient(name, site, limits)
        self._clients: dict[tuple[str, OwnKey], CallClient] = {}

    def of(self, endpoint_id: str) -> CallClient:
        """Raises EndpointMissing if there is no address."""
        address = address_of(endpoint_id)
        if not address:
            if not self.site.access.base_url:
                raise EndpointMissing(f"the settings have no address of {self._name}")
            return self.site
        own = self._own_keys.get(endpoint_id, OwnKey("", ""))
        if (address, own) not in self._clients:
            access = BearerAccess(
                address,
                own.key,
                scheme="" if own.header else "Bearer",
                more_headers={"Connection": "close"},
                header=own.header or "Authorization",
            )
            self._clients[address, own] = CallClient(self._name, access, self._limits)
        return self._clients[address, own]
