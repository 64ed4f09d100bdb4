"""What the test classes of a group share, because each would spend most of its time on starting it."""

import contextlib
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """Things started for the first who asks, ended together."""

    def __init__(self) -> None:
        self.things: dict[Hashable, Any] = {}
        self.stack = contextlib.ExitStack()

    def get(self, name: Hashable, start: Callable[[], AbstractContextManager[T]]) -> T:
        """Return the thing of this name; `start` makes it where there is none."""
        if name not in self.things:
            self.things[name] = self.stack.enter_context(start())
        thing: T = self.things[name]
        return thing

    def close(self) -> None:
        """End all of them."""
        self.things.clear()
        self.stack.close()


GROUP = Kept()  # until the last test of the group is over (plugin.py)
