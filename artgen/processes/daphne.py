"""daphne that closes its sockets with 1012 when it stops, so that pages reconnect at once.

`python -m artgen.processes.daphne OPTIONS artgen.processes.asgi:application`, with daphne's own
options.
"""

import asyncio
import contextlib
import gc
from typing import Any

from autobahn.exception import Disconnected
from autobahn.websocket import protocol as autobahn_protocol
from daphne.cli import CommandLineInterface
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer, reactor, task, threads

from artgen.processes import sockets_heartbeat

SERVICE_RESTART = 1012
CLOSING_SECONDS = 5
"""Seconds after the stop for sockets that are opening or closing and for running requests."""


class Protocol(WebSocketProtocol):
    """Sends messages above the size limit of received ones: a snapshot can have a megabyte."""

    maxMessagePayloadSize: int
    # Seconds. After autobahn's default, 1, the close frame may not have been written yet.
    closeHandshakeTimeout = 10

    def sendMessage(self, *args: object, **kwargs: object) -> None:
        """Send without the limit, which autobahn applies to both directions."""
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **kwargs)
        finally:
            self.maxMessagePayloadSize = limit


# For each socket autobahn formats 80 settings for a debug line: a twelfth of the time to open one.
autobahn_protocol.pformat = repr  # type: ignore[assignment, attr-defined]


class PatientServer(Server):
    """Closes listeners first, then each socket with 1012, then the applications."""

    def listen_success(self, port: object) -> None:
        """Set the class of sockets, and turn garbage collection on."""
        self.ws_factory.protocol = Protocol
        gc.freeze()  # loaded modules stay for the lifetime of the process
        gc.enable()
        super().listen_success(port)
        # By the event loop, so that it stops when the loop hangs; in a thread: Redis may be slow.
        self.heart = task.LoopingCall(threads.deferToThread, sockets_heartbeat.beat)
        reactor.callWhenRunning(self.heart.start, sockets_heartbeat.EVERY_SECONDS)

    async def handle_reply(self, protocol: object, message: dict[str, Any]) -> None:
        """Send the application's message; ignore that the socket was just closed."""
        with contextlib.suppress(Disconnected):
            await super().handle_reply(protocol, message)

    def kill_all_applications(self) -> defer.Deferred[Any]:
        """Return a Deferred that fires when all is closed; daphne calls this at shutdown."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._close()))

    async def _close(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        deadline = asyncio.get_running_loop().time() + CLOSING_SECONDS
        while protocols := self._open():
            for protocol in protocols:
                if (
                    isinstance(protocol, WebSocketProtocol)
                    and protocol.state == WebSocketProtocol.STATE_OPEN
                ):
                    # sendClose accepts only the codes of applications.
                    protocol.sendCloseFrame(code=SERVICE_RESTART)
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.05)
        running = [
            task
            for connection in self.connections.values()
            if (task := connection.get("application_instance"))
        ]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _open(self) -> list[Any]:
        return [
            protocol
            for protocol, connection in self.connections.items()
            if "disconnected" not in connection
        ]


class CommandLine(CommandLineInterface):
    server_class = PatientServer


if __name__ == "__main__":
    gc.disable()  # until it listens: collecting takes a tenth of the startup and finds nothing
    CommandLine.entrypoint()
