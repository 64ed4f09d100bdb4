"""A TCP proxy that can be silent, or hold what clients send."""

import contextlib
import socket
import threading


class Proxy:
    """Passes bytes on to `behind`; `silent` ends that for all its connections, and for new ones.

    After `speaks` only new connections work, as behind a firewall that has lost its state. From
    `hold` to `release` what clients send waits; `held` is the number of connections that do.
    """

    def __init__(self, host: str, port: int) -> None:
        self.behind = (host, port)
        self.is_silent = False
        self.flows = threading.Event()
        self.flows.set()
        self.held = 0
        self.lock = threading.Lock()
        self.connections: list[socket.socket] = []
        self.mute: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def silent(self) -> None:
        """Answer nothing from now on."""
        self.is_silent = True
        self.mute += self.connections
        self.connections = []

    def speaks(self) -> None:
        """Serve new connections."""
        self.is_silent = False

    def hold(self) -> None:
        """Pass nothing on from now on."""
        self.flows.clear()

    def release(self) -> None:
        """Pass on what was held."""
        self.flows.set()

    def close(self) -> None:
        """End all connections, and accept no more."""
        self.release()
        for connection in [self.listener, *self.connections, *self.mute]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.is_silent:
                    self.mute.append(client)
                    continue
                try:
                    server = socket.create_connection(self.behind)
                except OSError:  # as the server itself would refuse it
                    client.close()
                    continue
                self.connections += [client, server]
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while (data := source.recv(65_536)) and source not in self.mute:
                if not self.flows.is_set():
                    self._wait()
                target.sendall(data)
        if source not in self.mute:
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)

    def _wait(self) -> None:
        with self.lock:
            self.held += 1
        self.flows.wait()
        with self.lock:
            self.held -= 1
