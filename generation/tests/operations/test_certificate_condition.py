"""The certificate of PUBLIC_URL as a condition of alerts and doctor."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from artgen.environment import installation
from generation.operations.alerts.measurements import Measurements
from generation.testing.servers.certificate import make_certificate
from generation.testing.services import free_port

pytestmark = pytest.mark.django_db


@contextmanager
def tls_server(files: tuple[str, str]) -> Iterator[int]:
    """Serve TLS with this certificate and yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    plain, _address = listener.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    plain.close()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def wrong() -> dict[str, Any]:
    found = Measurements().take().wrong
    return {name: values for name, values in found.items() if name.startswith("Certificate")}


@pytest.mark.parametrize(
    ("age", "left", "condition"),
    [
        (30, 60, None),
        (75, 15, None),
        (77, 13, "CertificateEnds"),
        (2, 4, None),  # short-lived
        (90, -1, "CertificateRefused"),
    ],
)
def test_it_ends_soon_or_has_ended(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    age: int, left: int, condition: str | None,
) -> None:  # fmt: skip
    files = make_certificate(
        tmp_path, since=timedelta(days=age), left=timedelta(days=left, minutes=5)
    )
    monkeypatch.setenv("SSL_CERT_FILE", files[0])
    with tls_server(files) as port:
        settings.PUBLIC_URL = f"https://localhost:{port}"
        assert set(wrong()) == ({condition} if condition else set())


def test_it_is_of_an_unknown_authority(settings: Any, tmp_path: Path) -> None:
    with tls_server(make_certificate(tmp_path)) as port:
        settings.PUBLIC_URL = f"https://localhost:{port}"
        assert set(wrong()) == {"CertificateRefused"}


def test_it_is_that_of_nginx_where_the_public_address_cannot_be_reached(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.PUBLIC_URL = f"https://localhost:{free_port()}"
    assert wrong() == {}
    monkeypatch.setenv("SECRET_KEY_FILE", "/config/secret_key")
    with tls_server(make_certificate(tmp_path)) as port:
        compose = vars(installation.COMPOSE) | {"tls_server": ("127.0.0.1", port)}
        monkeypatch.setattr(installation, "COMPOSE", installation.Installation(**compose))
        assert set(wrong()) == {"CertificateRefused"}
