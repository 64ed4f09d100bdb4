"""One wait for a server that does not respond, instead of one for each request to it."""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.3  # between two attempts


class Breaker:
    """Open from a failure until `probe`, which a thread repeats, raises none of `failures`.

    Each process has one for each server. `changes` counts how often it has opened and closed:
    connections from before a change are probably dead. `on_return` is called when it has closed.
    """

    def __init__(
        self, server: str, failures: tuple[type[Exception], ...], probe: Callable[[], Any]
    ) -> None:
        self.server, self.failures, self.probe = server, failures, probe
        self.is_open = False
        self.changes = 0
        self.on_return: list[Callable[[], Any]] = []
        os.register_at_fork(after_in_child=self._reset)  # which has no such thread

    def open(self, error: Exception) -> None:
        """Let callers fail at once from now on."""
        if not self.is_open:
            self.is_open = True
            self.changes += 1
            log.error("%s does not respond", self.server, extra={"error": repr(error)})
            threading.Thread(target=self._close, name=f"{self.server} probe", daemon=True).start()

    def _close(self) -> None:
        while True:
            time.sleep(PAUSE_SECONDS)
            try:
                self.probe()
            except self.failures:
                continue
            except Exception as error:  # noqa: BLE001 an answer, or no address of a server
                log.warning("%s cannot be probed", self.server, extra={"error": repr(error)})
            self._reset()
            log.warning("%s responds again", self.server)
            for call in self.on_return:
                call()
            return

    def _reset(self) -> None:
        self.changes += 1
        self.is_open = False
