"""The certificate of PUBLIC_URL: whether browsers accept it, and until when."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from artgen.environment import installation

CONNECT_SECONDS = 5


@dataclass(frozen=True)
class Certificate:
    """A certificate that browsers accept now: where it was seen, and its validity."""

    server: str
    valid_from: datetime
    valid_until: datetime

    @property
    def remaining(self) -> timedelta:
        return self.valid_until - timezone.now()

    @property
    def lifetime(self) -> timedelta:
        return self.valid_until - self.valid_from


def certificate() -> Certificate | None:
    """Return the certificate with which PUBLIC_URL is served; None if it is not https.

    Raises:
        ssl.SSLCertVerificationError: browsers do not accept it; `verify_message` says why.
        OSError: no server that speaks TLS can be reached from here.
    """
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme != "https" or not address.hostname:
        return None
    trouble: OSError | None = None
    for host, port in _servers(address.hostname, address.port or 443):
        try:
            return _of(host, port, name=address.hostname)
        except ssl.SSLCertVerificationError:
            raise
        except OSError as error:  # ssl.SSLError and TimeoutError, too
            trouble = trouble or error
    raise trouble or OSError("no server")


def _servers(host: str, port: int) -> Iterator[tuple[str, int]]:
    yield host, port
    # A container may not reach the public address of its own machine.
    if server := installation.current().tls_server:
        yield server


def _of(host: str, port: int, *, name: str) -> Certificate:
    context = ssl.create_default_context()
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(socket.create_connection((host, port), CONNECT_SECONDS))
        tls = stack.enter_context(context.wrap_socket(plain, server_hostname=name))
        fields = tls.getpeercert() or {}
    return Certificate(
        server=f"{host}:{port}",
        valid_from=_time(str(fields["notBefore"])),
        valid_until=_time(str(fields["notAfter"])),
    )


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
