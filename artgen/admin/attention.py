"""What needs a person now, for the start page of the admin. Each app adds its own sources.

    @source("accounts.view_creditrequest")
    def unanswered(request: HttpRequest) -> Iterator[Item]: ...

It is asked for staff with this permission, and makes a fixed number of queries that an index
answers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from django.http import HttpRequest


class Urgency(IntEnum):
    """What waits for it: nothing is processed, some jobs or people wait, or it is good to know."""

    STOPPED = 0
    WAITING = 1
    NOTICE = 2


@dataclass(frozen=True)
class Action:
    """A button that fixes it: a POST of `fields` to `url`, or a link if there are none."""

    label: str
    url: str
    fields: Mapping[str, str | list[str]] = field(default_factory=dict)

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """Name and value of each hidden field."""
        return [
            (name, value)
            for name, values in self.fields.items()
            for value in ([values] if isinstance(values, str) else values)
        ]


@dataclass(frozen=True)
class Item:
    """One thing: what it is, in words, where to look, and what fixes it."""

    title: str
    url: str
    urgency: Urgency
    detail: str = ""
    action: Action | None = None
    rows: tuple["Item", ...] = ()
    """The first of several such things, each with its own link and action."""


Source = Callable[[HttpRequest], Iterable[Item]]
_sources: list[tuple[str, Source]] = []


def source(right: str) -> Callable[[Source], Source]:
    def add(function: Source) -> Source:
        _sources.append((right, function))
        return function

    return add


def items(request: HttpRequest) -> list[Item]:
    """Return everything that needs a person, the most urgent first."""
    has = request.user.has_perm
    listed = (item for right, read in _sources if has(right) for item in read(request))
    return sorted(listed, key=lambda item: item.urgency)
