"""Who may use a route with which methods: what the lines of `rules` are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Who(Enum):
    """Whose requests a route fulfills."""

    EVERYONE = "everyone, without private data"
    ADDRESS = "anyone who knows the secret in the address"
    USERS = "every user, for own data"
    OWNER = "the owner of the object in the address"
    ANY_STAFF = "all staff"
    STAFF = "staff with the permission"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Rule:
    """Who may use a route with which methods, and an example of each request."""

    who: Who
    methods: frozenset[str]
    at: Mapping[str, str] = field(default_factory=dict)  # argument → name of the example
    body: Mapping[str, Any] = field(default_factory=dict)
    queries: tuple[str, ...] = ("",)
    shows: frozenset[str] = frozenset()  # kinds of private texts that are shown on purpose
    touches: frozenset[str] = frozenset()  # tables with rows about the owner's that others may add
    is_csrf_exempt: bool = False
    only_reads: bool = False  # with every method: a token needs no more than the scope `read`
    answers: frozenset[int] = frozenset()  # statuses that are right here and refusals elsewhere


def _rule(who: Who) -> Any:
    def rule(methods: str = "", **options: Any) -> Rule:
        for name in ("shows", "touches", "answers"):
            options[name] = frozenset(options.get(name, ()))
        return Rule(who, frozenset(methods.split()), **options)

    return rule


everyone, address, users, owner = map(_rule, (Who.EVERYONE, Who.ADDRESS, Who.USERS, Who.OWNER))
any_staff, staff, nobody = map(_rule, (Who.ANY_STAFF, Who.STAFF, Who.NOBODY))
