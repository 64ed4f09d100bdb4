"""nginx alone with the configuration of nginx/render.sh: TLS, load balancers, no application."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path

import pytest
import requests
from django.conf import settings

from generation.testing.servers.certificate import make_certificate
from generation.testing.servers.echo import echo
from generation.testing.servers.nginx import ask_at_once, nginx
from generation.testing.services import free_port

pytestmark = pytest.mark.nginx


class TestNginx(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(dir="/tmp")))
        self.folder.chmod(0o755)
        self.tls_port = free_port()

    def application(self) -> str:
        """Start an application that echoes headers, and return its host and port."""
        return self.enterContext(echo())

    def nginx(self, **environment: str) -> None:
        """Run nginx until the test ends."""
        self.server = self.enterContext(nginx(NGINX_TLS_PORT=str(self.tls_port), **environment))
        self.port, self.url = self.server.port, self.server.url

    def reload(self, site: str) -> subprocess.CompletedProcess[str]:
        """Reload it with the templates of another version, which has this site.conf."""
        templates = self.folder / "version"
        shutil.copytree(settings.BASE_DIR / "nginx", templates, dirs_exist_ok=True)
        (templates / "site.conf").write_text(site)
        pairs = (self.server.folder / "environment").read_text()
        return subprocess.run(
            [templates / "reload.sh", self.server.folder / "nginx"],
            env=dict(line.split("=", 1) for line in pairs.splitlines()),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def headers(self, **headers: str) -> dict[str, str]:
        """Return the headers that the application gets for a request with these headers."""
        return requests.get(f"{self.url}/", headers=headers, timeout=30).json()

    def test_it_goes_on_with_a_new_configuration_unless_that_is_broken(self):
        self.nginx(NGINX_WEB=self.application())
        site = (settings.BASE_DIR / "nginx" / "site.conf").read_text()

        def version() -> str | None:
            return requests.get(f"{self.url}/", timeout=30).headers.get("X-Version")

        unchanged = self.reload(site)
        assert (unchanged.returncode, unchanged.stdout) == (0, "nginx: configuration unchanged\n")
        assert version() is None

        changed = self.reload(f"add_header X-Version two always;\n{site}")
        assert changed.returncode == 0, changed.stdout
        assert "nginx: configuration reloaded" in changed.stdout
        while version() != "two":
            pass

        broken = self.reload(f"add_header X-Version three always;\nno_such_directive on;\n{site}")
        assert broken.returncode == 1
        assert 'unknown directive "no_such_directive"' in broken.stdout
        assert version() != "three"  # a worker of the first may still answer, it ends what it has
        again = self.reload(f"add_header X-Version two always;\n{site}")
        assert again.stdout == "nginx: configuration unchanged\n", "the one before was put back"

    def test_it_believes_no_header_about_the_client(self):
        self.nginx(NGINX_WEB=self.application())
        received = self.headers(
            **{
                "X-Forwarded-For": "203.0.113.9",
                "X-Forwarded-Proto": "https",
                "X-Real-IP": "1.2.3.4",
            }
        )
        assert (received["X-Real-IP"], received["X-Forwarded-For"]) == ("127.0.0.1", "127.0.0.1")
        assert received["X-Forwarded-Proto"] == "http"
        assert received["Host"] == f"127.0.0.1:{self.port}"

    def test_it_believes_the_proxies_that_are_named(self):
        self.nginx(NGINX_WEB=self.application(), NGINX_TRUSTED_PROXIES="10.0.0.0/8, 127.0.0.1")
        received = self.headers(
            **{"X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.1.2.3", "X-Forwarded-Proto": "https"}
        )
        assert (received["X-Real-IP"], received["X-Forwarded-Proto"]) == ("203.0.113.9", "https")

    def test_it_speaks_tls_and_http2_and_sends_plain_http_there(self):
        certificate, key = make_certificate(self.folder)
        Path(certificate).rename(self.folder / "fullchain.pem")
        Path(key).rename(self.folder / "privkey.pem")
        acme = self.folder / ".well-known" / "acme-challenge"
        acme.mkdir(parents=True)
        (acme / "token").write_text("proof")
        self.nginx(
            NGINX_WEB=self.application(),
            NGINX_SERVER="tls",
            NGINX_TLS_DIR=str(self.folder),
            NGINX_ACME_DIR=str(self.folder),
            PUBLIC_URL="https://art.example.org",
        )
        answer = requests.get(f"{self.url}/create/?a=b", allow_redirects=False, timeout=30)
        assert answer.status_code == 308
        assert answer.headers["Location"] == "https://art.example.org/create/?a=b"
        assert (
            requests.get(f"{self.url}/.well-known/acme-challenge/token", timeout=30).text == "proof"
        )

        address = f"https://127.0.0.1:{self.tls_port}/"
        received = requests.get(
            address, verify=str(self.folder / "fullchain.pem"), timeout=30
        ).json()
        assert received["X-Forwarded-Proto"] == "https"
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        context.set_alpn_protocols(["h2", "http/1.1"])
        with (
            socket.create_connection(("127.0.0.1", self.tls_port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as encrypted,
        ):
            assert (encrypted.selected_alpn_protocol(), encrypted.version()) == ("h2", "TLSv1.3")

    def test_it_says_that_the_application_is_away(self):
        self.nginx()
        page = requests.post(
            f"{self.url}/create/", headers={"Accept-Language": "de, ru;q=0.5"}, timeout=30
        )
        assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
        assert "ArtGen временно недоступен" in page.content.decode()
        answer = requests.post(f"{self.url}/api/v1/jobs/", timeout=30)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.json()["type"] == f"{self.url}/api/problems/unavailable/"

    def test_it_counts_forged_tokens_against_the_limit_of_the_address(self):
        self.nginx(
            NGINX_WEB=self.application(), NGINX_ADDRESS_RATE="20r/s", NGINX_ADDRESS_BURST="10"
        )

        users = [{"Authorization": f"Bearer made-up-{number}"} for number in range(60)]
        answers = [one.status for one in ask_at_once(self.port, "/api/v1/models/", users)]
        assert answers.count(429) > 10
        assert answers.count(200) >= 10

    def test_it_limits_the_open_sockets_of_one_address(self):
        listener = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        self.nginx(
            NGINX_SOCKETS=f"127.0.0.1:{listener.getsockname()[1]}", NGINX_ADDRESS_SOCKETS="3"
        )
        request = b"GET /ws/jobs/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

        def open_one() -> socket.socket:
            client = self.enterContext(socket.create_connection(("127.0.0.1", self.port), 30))
            client.sendall(request)
            return client

        for _ in range(3):
            open_one()
            self.enterContext(listener.accept()[0])  # nginx has passed it on, and it stays open
        assert open_one().recv(20) == b"HTTP/1.1 429 Too Man"

    def test_it_refuses_to_be_configured_without_a_value(self):
        templates = (settings.BASE_DIR / "nginx" / "nginx.conf").read_text()
        broken = self.folder / "broken"
        broken.mkdir()
        for file in (settings.BASE_DIR / "nginx").iterdir():
            (broken / file.name).write_bytes(file.read_bytes())
        (broken / "nginx.conf").write_text(templates + "${NGINX_FORGOTTEN}\n")
        environment = {"PATH": os.environ["PATH"], "STATIC_ROOT": str(self.folder)}
        outcome = subprocess.run(
            ["sh", broken / "render.sh", self.folder / "nginx"],
            env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert outcome.returncode == 1
        assert "nginx.conf: no value for NGINX_FORGOTTEN" in outcome.stderr
