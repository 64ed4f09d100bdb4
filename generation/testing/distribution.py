"""Which tests a worker of pytest-xdist takes together, and in what order."""

from collections import Counter

import pytest
from xdist.scheduler import LoadGroupScheduling


class Distribution(LoadGroupScheduling):
    """A worker takes a whole group or file: what its tests share is set up once, not in each."""

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return file_of(nodeid) if scope == nodeid else scope


def file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def group(item: pytest.Item) -> str:
    """Return the group whose tests share something and run in one worker; "" for none."""
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker else ""


def arrange(items: list[pytest.Item]) -> None:
    """Put groups first, then slow tests, and in each many before few: the last ones are short."""
    names = {item: group(item) or file_of(item.nodeid) for item in items}
    sizes = Counter(names.values())
    items.sort(
        key=lambda item: (
            not group(item),
            item.get_closest_marker("slow") is None,
            -sizes[names[item]],
            group(item),
        )
    )
