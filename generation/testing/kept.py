"""What the test classes of a group share because it takes long to start."""

import contextlib
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """Things that are started by the first test that needs them and ended together."""

    def __init__(self) -> None:
        self.things: dict[Hashable, Any] = {}
        self.stack = contextlib.ExitStack()

    def get(self, name: Hashable, start: Callable[[], AbstractContextManager[T]]) -> T:
        """Return the thing of this name; `start` creates it if there is none."""
        if name not in self.things:
            self.things[name] = self.stack.enter_context(start())
        thing: T = self.things[name]
        return thing

    def close(self) -> None:
        self.things.clear()
        self.stack.close()


GROUP = Kept()  # until the last test of the group is over (plugin.py)
