"""The certificate: deploy/certificate.sh asks pebble, and nginx loads what it gets."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import requests
from django.conf import settings

from generation.testing.servers.acme import Authority, authority
from generation.testing.servers.certificate import make_certificate
from generation.testing.servers.echo import echo
from generation.testing.servers.nginx import Nginx, nginx
from generation.testing.services import free_port

pytestmark = [
    pytest.mark.release("nginx/", "deploy/install.sh"),
    pytest.mark.acme,
    pytest.mark.nginx,
]

NAME = "art.example.org"


@dataclass
class Site:
    """nginx as compose runs it, before there is a certificate, and the authority."""

    server: Nginx
    authority: Authority
    folder: Path
    tls_port: int

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run deploy/certificate.sh as the service `certificate` does."""
        return subprocess.run(
            ["sh", "deploy/certificate.sh", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment | environment,
            check=False,
            capture_output=True,
            text=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PUBLIC_URL": f"https://{NAME}",
            "ACME_EMAIL": "you@example.org",
            "CERTIFICATE_DIR": str(self.folder),
            "TMPDIR": str(self.folder.parent),
            **self.authority.environment,
        }

    def connect(self) -> ssl.SSLSocket:
        """Open a connection as a browser does that trusts the authority."""
        plain = socket.create_connection(("127.0.0.1", self.tls_port))
        return self.authority.trusting().wrap_socket(plain, server_hostname=NAME)

    def serial(self) -> str:
        """Return the number of the certificate that is served."""
        with self.connect() as encrypted:
            certificate = encrypted.getpeercert()
        assert certificate
        assert ("DNS", NAME) in certificate["subjectAltName"]
        return str(certificate["serialNumber"])

    def until_it_serves(self, *, other_than: str = "") -> str:
        """Return the number of a new certificate as soon as it is served."""
        while True:
            try:
                if (serial := self.serial()) != other_than:
                    return serial
            except ConnectionError:  # not open yet, or opened by a mere test of the configuration
                pass
            time.sleep(0.05)


@pytest.fixture
def site() -> Iterator[Site]:
    scratch = Path("/tmp") / f"artgen-certificate-{os.getpid()}-{free_port()}"
    folder = scratch / "certificates"
    folder.mkdir(parents=True)
    scratch.chmod(0o755)
    tls_port = free_port()
    try:
        with (
            echo() as application,
            nginx(
                NGINX_WEB=application,
                NGINX_SERVER="tls",
                NGINX_TLS_PORT=str(tls_port),
                NGINX_TLS_DIR=str(folder),
                NGINX_CERTIFICATE_SECONDS="0.1",
                PUBLIC_URL=f"https://{NAME}",
            ) as server,
            authority(scratch, http_port=server.port) as pebble,
        ):
            yield Site(server, pebble, folder, tls_port)
    finally:
        shutil.rmtree(scratch)


def test_it_leads_from_nothing_to_an_https_page_and_renews_it(site: Site) -> None:
    page = requests.get(f"{site.server.url}/create/", timeout=30)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "There is no certificate yet" in page.text
    assert requests.get(f"{site.server.url}/healthz", timeout=30).status_code == 200
    with pytest.raises(ConnectionRefusedError):
        site.connect()
    assert site.run("healthy").returncode == 1

    outcome = site.run("once")
    assert outcome.returncode == 0, outcome.stderr
    first = site.until_it_serves()
    assert site.run("healthy").returncode == 0
    assert {file.stat().st_mode & 0o777 for file in site.folder.glob("*.pem")} == {0o600}
    answer = page
    while answer.status_code == 503:  # of a process that nginx's reload is ending
        answer = requests.get(f"{site.server.url}/create/", timeout=30, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{NAME}/create/")

    # A look that finds it valid asks for nothing.
    assert site.run("once").stderr == ""
    assert site.serial() == first

    connection = http.client.HTTPSConnection("127.0.0.1", site.tls_port)
    connection.sock = site.connect()
    connection.request("GET", "/create/", headers={"Host": NAME})
    assert b'"X-Forwarded-Proto": "https"' in connection.getresponse().read()
    assert site.run("renew").returncode == 0
    assert site.until_it_serves(other_than=first)
    assert "configuration reloaded" in site.server.error_log
    # nginx ends an idle connection of before the reload; it breaks none.
    connection.close()


def test_it_says_what_to_check_when_the_proof_fails(site: Site) -> None:
    (site.folder / "acme").mkdir()
    (site.folder / "acme" / ".well-known").write_text("a file, so nothing can be put there")
    outcome = site.run("once")
    assert outcome.returncode == 1
    assert f"Does {NAME} lead to this machine, with port 80 open?" in outcome.stderr
    assert list(site.folder.glob("*.pem")) == []
    (site.folder / "acme" / ".well-known").unlink()
    assert site.run("once").returncode == 0
    assert site.until_it_serves()


def test_it_keeps_the_old_one_while_a_new_pair_is_half_written(site: Site) -> None:
    assert site.run("once").returncode == 0
    first = site.until_it_serves()
    other = site.folder.parent / "other"
    other.mkdir()
    certificate, key = make_certificate(other)
    shutil.copy(certificate, site.folder / "fullchain.pem")
    while "keeps the certificate that it has" not in site.server.error_log:
        time.sleep(0.05)
    assert site.serial() == first
    shutil.copy(key, site.folder / "privkey.pem")
    with pytest.raises(ssl.SSLCertVerificationError):  # the other one, of no authority
        site.until_it_serves(other_than=first)


def test_it_writes_json_and_ends_when_it_is_told_to(site: Site) -> None:
    (site.folder / "acme").mkdir()
    (site.folder / "acme" / ".well-known").write_text("in the way of the first request")
    with subprocess.Popen(
        ["sh", "deploy/certificate.sh"],
        cwd=settings.BASE_DIR,
        env=site.environment | {"LOG_FORMAT": "json"},
        stderr=subprocess.PIPE,
        text=True,
    ) as keeper:
        assert keeper.stderr
        refused = json.loads(keeper.stderr.readline())
        assert set(refused) == {"time", "level", "logger", "message"}
        assert datetime.fromisoformat(refused["time"]).tzinfo
        lines = [refused]
        while "The request failed" not in lines[-1]["message"]:
            lines.append(json.loads(keeper.stderr.readline()))
        assert {line["level"] for line in lines} == {"ERROR"}
        assert len(lines) > 2
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait() == 0


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://art.example.org", "needs https://HOST"),
        ("https://192.0.2.1", "needs the name of a domain"),
        ("https://localhost", "needs the name of a domain"),
        ("https://art.example.org:8443", "use your own certificate"),
        ("", "needs https://HOST"),
    ],
)
def test_it_asks_for_no_certificate_that_nobody_gives(
    address: str, words: str, tmp_path: Path
) -> None:
    outcome = subprocess.run(
        ["sh", "deploy/certificate.sh", "once"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "PUBLIC_URL": address, "CERTIFICATE_DIR": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 1
    assert words in outcome.stderr
    assert list(tmp_path.iterdir()) == []
