"""A mail server that refuses what a test wants, over real SMTP (RFC 5321)."""

import base64
import contextlib
import socketserver
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass
class SmtpServer:
    """Where it listens, and the emails that it has accepted."""

    port: int = 0
    password: str = "secret"
    replies: Mapping[str, str] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)


@contextlib.contextmanager
def smtp_server(*, password: str = "secret", **replies: str) -> Iterator[SmtpServer]:
    """Serve on a free port; `replies` are those to verbs (or `greeting`) instead of acceptance."""
    smtp = SmtpServer(password=password, replies=replies)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.reply("greeting", "220 test")
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == "QUIT":
                    self.reply(verb, "221 bye")
                    return
                if verb == "EHLO":
                    self.reply(verb, "250-test\r\n250 AUTH PLAIN")
                elif verb == "AUTH":
                    self.authenticate(line)
                elif verb == "DATA":
                    self.receive()
                else:
                    self.reply(verb, "250 OK")

        def reply(self, verb: str, otherwise: str) -> None:
            self.wfile.write(f"{smtp.replies.get(verb, otherwise)}\r\n".encode())

        def authenticate(self, line: str) -> None:
            words = line.split()
            if len(words) == 2:  # the client waits with the password
                self.wfile.write(b"334 \r\n")
                words.append(self.rfile.readline().decode().strip())
            given = base64.b64decode(words[2]).decode().split("\0")[-1]
            self.reply("AUTH", "235 OK" if given == smtp.password else "535 bad credentials")

        def receive(self) -> None:
            self.wfile.write(b"354 go on\r\n")
            lines = []
            while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                lines.append(line)
            smtp.emails.append("\n".join(lines))
            self.reply("DATA", "250 queued")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        smtp.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield smtp
        finally:
            server.shutdown()
