"""daphne as ArtGen runs it: stopped, it tells its sockets 1012, so that pages come back at once to who took over.

`python -m artgen.daphne OPTIONS artgen.asgi:application`, with daphne's own options.
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
from twisted.internet import defer

SERVICE_RESTART = 1012
CLOSING_SECONDS = 5
"""How long sockets that are being opened or closed, and requests under way, may take after the stop."""


class Protocol(WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    """Lets out what is larger than what it takes in: a snapshot of 200 long prompts has a megabyte."""

    maxMessagePayloadSize: int  # noqa: N815  autobahn's name
    # s; after its one second autobahn cuts the connection, with the close frame that may still wait to be written.
    closeHandshakeTimeout = 10  # noqa: N815  autobahn's name

    def sendMessage(self, *args: Any, **kwargs: Any) -> None:  # noqa: N802  autobahn's name
        """Send, without the limit that autobahn holds against both directions."""
        most, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **kwargs)
        finally:
            self.maxMessagePayloadSize = most


# For each socket autobahn writes out 80 of its settings for a debug line that nobody sees: a twelfth of what opening
# one costs.
autobahn_protocol.pformat = repr  # type: ignore[assignment, attr-defined]


class PatientServer(Server):  # type: ignore[misc]
    """Closes before it ends: listeners first, then each socket with 1012, then the applications."""

    def listen_success(self, port: Any) -> None:
        """Begin: from here on daphne makes its protocols, of this class, and garbage is collected."""
        self.ws_factory.protocol = Protocol
        gc.freeze()  # what was loaded stays for as long as the process does
        gc.enable()
        super().listen_success(port)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Pass on what an application sends; that a socket has just gone is no error of the application's."""
        with contextlib.suppress(Disconnected):
            await super().handle_reply(protocol, message)

    def kill_all_applications(self) -> defer.Deferred[Any]:
        """Return what is done when everybody has been told; daphne hooks this in before its shutdown."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._close()))

    async def _close(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        until = asyncio.get_running_loop().time() + CLOSING_SECONDS
        while open_ones := self._open():
            for protocol in open_ones:
                if (
                    isinstance(protocol, WebSocketProtocol)
                    and protocol.state == WebSocketProtocol.STATE_OPEN
                ):
                    protocol.sendCloseFrame(
                        code=SERVICE_RESTART
                    )  # sendClose takes only codes of applications
            if asyncio.get_running_loop().time() > until:
                break
            await asyncio.sleep(0.05)
        running = [
            task for each in self.connections.values() if (task := each.get("application_instance"))
        ]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _open(self) -> list[Any]:
        return [
            protocol for protocol, each in self.connections.items() if "disconnected" not in each
        ]


class CommandLine(CommandLineInterface):  # type: ignore[misc]
    """daphne's command with that server."""

    server_class = PatientServer


if __name__ == "__main__":
    gc.disable()  # while the application is loaded: it makes none, and looking for it takes a tenth of the start
    CommandLine.entrypoint()
