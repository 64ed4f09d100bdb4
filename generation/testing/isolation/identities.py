"""Who tries the routes."""

from collections.abc import Callable
from dataclasses import dataclass

from django.test import Client

from accounts.models import User
from accounts.tokens import token_cache
from generation.testing.isolation.access import METHODS
from generation.testing.isolation.owned_data import OwnedData

NOBODY = ""
# As nginx sends it: an address that only internal callers may use is refused.
THROUGH_NGINX = {"X-Forwarded-For": "203.0.113.7", "Accept-Language": "en"}


def _unchanged(data: OwnedData) -> None:
    """Leave the accounts as they are."""


def _deactivated(data: OwnedData) -> None:
    """Lock the owner's account, leaving session and token where they are."""
    User.objects.filter(pk=data.owner.pk).update(is_active=False)
    token_cache.forget(data.owner.pk)


@dataclass(frozen=True)
class Identity:
    """How a request says who sends it, and whose rights it must have then."""

    name: str
    session: str = ""  # of this person
    token: str = ""  # of this person, or "revoked"
    page_person: str = NOBODY  # whose rights it has on pages and in the admin
    api_person: str = NOBODY
    prepare: Callable[[OwnedData], None] = _unchanged
    only_reads: bool = False  # the token's scope
    wrong_methods: tuple[str, ...] = ()  # sent also where no route declares them

    def client(self, data: OwnedData, *, enforces_csrf: bool = False) -> Client:
        """Return a client that sends this session or token."""
        headers = dict(THROUGH_NGINX)
        if self.token:
            headers["Authorization"] = f"Bearer {data.tokens[self.token]}"
        client = Client(
            enforce_csrf_checks=enforces_csrf, raise_request_exception=False, headers=headers
        )
        if self.session:
            client.cookies["sessionid"] = data.sessions[self.session]
        return client


OWNER = Identity(
    "the owner", session="owner", page_person="owner", api_person="owner", wrong_methods=METHODS
)
OWNERS_TOKEN = Identity("the owner's token", token="owner", api_person="owner")
ANONYMOUS = Identity("anonymous")
OTHER = Identity("another user", session="other", page_person="other", api_person="other")
OTHERS_TOKEN = Identity("another user's token", token="other", api_person="other")
REVOKED = Identity("the owner's revoked token", token="revoked")
LOCKED = Identity("the owner, deactivated", session="owner", prepare=_deactivated)
LOCKED_TOKEN = Identity("the deactivated owner's token", token="owner", prepare=_deactivated)
STAFF = Identity("staff without rights", session="staff", page_person="staff", api_person="staff")
MANAGER = Identity(
    "staff with rights",
    session="manager",
    page_person="manager",
    api_person="manager",
    wrong_methods=("DELETE",),  # one is enough for the admin, whose views know GET and POST
)
READER = Identity(
    "the owner's token with the scope read", token="reader", api_person="owner", only_reads=True
)
# Who knows the owner's password and has no second factor.
HALFWAY = Identity("the owner before the second factor", session="halfway")

IDENTITIES = (
    OWNER, OWNERS_TOKEN, ANONYMOUS, OTHER, OTHERS_TOKEN, REVOKED, LOCKED, LOCKED_TOKEN, STAFF,
    MANAGER, READER, HALFWAY,
)  # fmt: skip
