"""Proxies in front of nginx: the examples of deploy/proxies, and what each may do wrong."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from generation.testing.servers.certificate import make_certificate
from generation.testing.servers.echo import echo
from generation.testing.servers.nginx import Nginx, nginx
from generation.testing.services import free_port, running

pytestmark = pytest.mark.nginx

EXAMPLES = settings.BASE_DIR / "deploy" / "proxies"
PUBLIC = "https://art.example.org"
CLIENT = "127.0.0.2"  # of another address than the proxy


@pytest.fixture(scope="module")
def application() -> Iterator[str]:
    with echo() as address:
        yield address


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.contextmanager
def sockets() -> Iterator[str]:
    """Run a socket server that sends the headers of the handshake."""

    def send(connection: ServerConnection) -> None:
        assert connection.request
        connection.send(json.dumps(dict(connection.request.headers.raw_items())))

    with serve(send, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def ask(
    port: int,
    path: str = "/create/",
    *,
    secure: ssl.SSLContext | None = None,
    source: str = CLIENT,
    **headers: str,
) -> tuple[int, str]:
    """Return status and body of a GET from this address."""
    connection = (
        http.client.HTTPSConnection("localhost", port, context=secure, source_address=(source, 0))
        if secure
        else http.client.HTTPConnection("127.0.0.1", port, source_address=(source, 0))
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Accept-Language": "en"} | named)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@contextlib.contextmanager
def caddy(folder: Path, inner: Nginx) -> Iterator[int]:
    """Run Caddy with the example; yield its port."""
    certificate, key = make_certificate(folder)
    port = free_port()
    example = (EXAMPLES / "Caddyfile").read_text()
    text = example.replace("127.0.0.1:8000", f"127.0.0.1:{inner.port}").replace(
        "art.example.org {", f"https://localhost:{port} {{\n\ttls {certificate} {key}"
    )
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    (folder / "Caddyfile").write_text(options + text)
    environment = ["env", f"HOME={folder}", f"XDG_DATA_HOME={folder}", f"XDG_CONFIG_HOME={folder}"]
    command = [*environment, "caddy", "run", "--config", str(folder / "Caddyfile")]
    with running(command, port=port, log=folder / "caddy.log", stop=signal.SIGTERM):
        yield port


def nginx_file(folder: Path, **changes: str) -> list[str]:
    """Write the example with these changes into a file of nginx; return the command to use it."""
    text = (EXAMPLES / "nginx.conf").read_text()
    for before, after in {
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "    listen [::]:80;\n": "",
        **changes,
    }.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "front.conf").write_text(
        f"pid {folder}/front.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "front.conf"), "-e", "stderr"]


@contextlib.contextmanager
def nginx_in_front(folder: Path, inner: Nginx) -> Iterator[int]:
    """Run another nginx with the example, and what `certbot --nginx` adds to it; yield its port."""
    certificate, key = make_certificate(folder)
    port = free_port()
    by_certbot = f"listen 127.0.0.1:{port} ssl;\nssl_certificate {certificate};\n"
    by_certbot += f"ssl_certificate_key {key};\nserver_name art.example.org;"
    changes = {
        "127.0.0.1:8000;": f"127.0.0.1:{inner.port};",
        "server_name art.example.org;": by_certbot,
    }
    command = [*nginx_file(folder, **changes), "-g", "daemon off;"]
    with running(command, port=port, log=folder / "front.log", stop=signal.SIGTERM):
        yield port


def test_nginx_accepts_the_example_before_there_is_a_certificate(folder: Path) -> None:
    subprocess.run([*nginx_file(folder), "-t"], check=True)


FRONTS = [
    pytest.param(caddy, marks=pytest.mark.caddy, id="caddy"),
    pytest.param(nginx_in_front, id="nginx"),
]


@pytest.mark.parametrize("front", FRONTS)
def test_the_example_works_without_any_setting(front, application: str, folder: Path) -> None:
    with (
        sockets() as server,
        nginx(NGINX_WEB=application, NGINX_SOCKETS=server, PUBLIC_URL=PUBLIC) as inner,
        front(folder, inner) as port,
    ):
        secure = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
        status, body = ask(port, secure=secure, X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="http")
        assert status == 200, body
        received = json.loads(body)
        assert received["X-Forwarded-Proto"] == "https"  # so Django does not redirect
        assert received["X-Real-IP"] == CLIENT  # not what the client says
        assert received["Host"].startswith("localhost")

        with connect(f"wss://localhost:{port}/ws/jobs/", ssl=secure) as socket_:
            received = json.loads(socket_.recv(timeout=30))
        assert received["X-Forwarded-Proto"] == "https"


def test_cloudflare_is_believed_and_a_stranger_is_not(application: str, folder: Path) -> None:
    certificate, key = make_certificate(folder)
    Path(certificate).rename(folder / "fullchain.pem")
    Path(key).rename(folder / "privkey.pem")
    templates = folder / "templates"
    shutil.copytree(settings.BASE_DIR / "nginx", templates)
    (templates / "cloudflare.txt").write_text(f"# Here it has one address.\n{CLIENT}\n")
    tls_port = free_port()
    with nginx(
        NGINX_WEB=application,
        PUBLIC_URL=PUBLIC,
        NGINX_SERVER="tls",
        NGINX_TLS_PORT=str(tls_port),
        NGINX_TLS_DIR=str(folder),
        NGINX_TEMPLATES=str(templates),
        NGINX_TRUSTED_PROXIES="cloudflare",
    ):
        secure = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        # Cloudflare appends the address of its client to what the client has sent.
        forged = {"X_Forwarded_For": "6.6.6.6, 203.0.113.9", "X_Forwarded_Proto": "https"}
        for source, address in ((CLIENT, "203.0.113.9"), ("127.0.0.3", "127.0.0.3")):
            status, body = ask(tls_port, secure=secure, source=source, **forged)
            seen = json.loads(body)
            assert (status, seen["X-Real-IP"], seen["X-Forwarded-Proto"]) == (200, address, "https")


class TestFaults:
    """Answers that a proxy would repeat endlessly are pages that say what to change."""

    def test_a_proxy_that_is_not_trusted(self, application: str) -> None:
        with nginx(
            NGINX_WEB=application, PUBLIC_URL=PUBLIC, NGINX_TRUSTED_PROXIES="192.0.2.1"
        ) as server:
            status, body = ask(server.port, X_Forwarded_Proto="https")
            assert (status, "NGINX_TRUSTED_PROXIES" in body) == (503, True)
            while not server.access_log:  # nginx writes the line after the answer
                pass
            assert f'"address":"{CLIENT}"' in server.access_log
            status, body = ask(server.port, X_Forwarded_Proto="https", Accept_Language="ru")
            assert "не входит в доверенные" in body
            status, body = ask(server.port, "/api/v1/jobs/", X_Forwarded_Proto="https")
            assert (status, json.loads(body)["code"]) == (503, "unavailable")
            assert ask(server.port, "/healthz", X_Forwarded_Proto="https")[0] == 200
            # Who comes by http is redirected by Django.
            status, body = ask(server.port)
            assert (status, json.loads(body)["X-Forwarded-Proto"]) == (200, "http")

    def test_a_proxy_that_does_not_say_how_it_was_asked(self, application: str) -> None:
        with nginx(
            NGINX_WEB=application, PUBLIC_URL=PUBLIC, NGINX_TRUSTED_PROXIES=CLIENT
        ) as server:
            status, body = ask(server.port)
            assert (status, "does not send X-Forwarded-Proto" in body) == (503, True)
            assert ask(server.port, "/readyz")[0] == 200
            for scheme in ("http", "https"):
                status, body = ask(server.port, X_Forwarded_Proto=scheme)
                assert (status, json.loads(body)["X-Forwarded-Proto"]) == (200, scheme)

    def test_a_proxy_that_asks_the_port_that_redirects(
        self, application: str, folder: Path
    ) -> None:
        certificate, key = make_certificate(folder)
        Path(certificate).rename(folder / "fullchain.pem")
        Path(key).rename(folder / "privkey.pem")
        with nginx(
            NGINX_WEB=application,
            PUBLIC_URL=PUBLIC,
            NGINX_SERVER="tls",
            NGINX_TLS_PORT=str(free_port()),
            NGINX_TLS_DIR=str(folder),
        ) as server:
            status, body = ask(server.port, X_Forwarded_Proto="https")
            assert (status, "Full (strict)" in body) == (503, True)
            assert ask(server.port)[0] == 308

    def test_there_is_none_where_the_site_is_plain_http(self, application: str) -> None:
        with nginx(NGINX_WEB=application, NGINX_TRUSTED_PROXIES=CLIENT) as server:
            assert ask(server.port)[0] == ask(server.port, X_Forwarded_Proto="https")[0] == 200


class TestTrusted:
    """Which proxies nginx trusts, as nginx/render.sh writes them."""

    ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 010012AC 0003 0 0 0 00000000 0 0 0
eth0 000012AC 00000000 0001 0 0 0 0000FFFF 0 0 0
"""
    ROUTES_IPV6 = f"""fd00000000000000000000000000dead 40 {"0" * 32} 00 {"0" * 32} 0 0 0 1 eth0
{"0" * 32} 00 {"0" * 32} 00 fd00000000000000000000000000beef 400 3 0 3 eth0
{"0" * 32} 00 {"0" * 32} 00 {"0" * 32} ffffffff 1 0 200200 lo
"""
    GATEWAYS = frozenset({"172.18.0.1", "fd00:0000:0000:0000:0000:0000:0000:beef"})
    LOOPBACK = frozenset({"127.0.0.1", "::1"})

    def render(self, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        (folder / "route").write_text(self.ROUTES)
        (folder / "ipv6_route").write_text(self.ROUTES_IPV6)
        settings_ = {
            "PATH": os.environ["PATH"],
            "STATIC_ROOT": str(folder),
            "NGINX_ROUTES": str(folder),
            "PUBLIC_URL": PUBLIC,
            **environment,
        }
        return subprocess.run(
            ["sh", "nginx/render.sh", str(folder / "nginx")],
            cwd=settings.BASE_DIR, env=settings_, check=False, capture_output=True, text=True,
        )  # fmt: skip

    def trusted(self, folder: Path, **environment: str) -> set[str]:
        outcome = self.render(folder, **environment)
        assert outcome.returncode == 0, outcome.stderr
        lines = (folder / "nginx" / "proxies.conf").read_text().splitlines()
        found = {
            line.split()[1].rstrip(";") for line in lines if line.startswith("set_real_ip_from")
        }
        assert found == {
            line.split()[0] for line in lines if line.startswith("    ") and "default" not in line
        }
        return found

    def test_those_on_this_machine_if_nobody_else_can_come(self, folder: Path) -> None:
        assert self.trusted(folder) == self.LOOPBACK
        found = self.trusted(folder, NGINX_HOST="gateway")
        assert found == self.LOOPBACK | self.GATEWAYS

    @pytest.mark.parametrize(
        "environment",
        [
            {"NGINX_BIND_ADDRESS": "0.0.0.0", "NGINX_HOST": "gateway"},
            {"NGINX_BIND_ADDRESS": "127.0.0.1 [::]", "NGINX_HOST": "gateway"},
            {"NGINX_SERVER": "tls", "NGINX_HOST": "gateway"},
            {"PUBLIC_URL": "http://127.0.0.1:8000", "NGINX_HOST": "gateway"},
        ],
    )
    def test_nobody_if_strangers_can_come_or_no_proxy_is_needed(
        self, environment: dict[str, str], folder: Path
    ) -> None:
        assert self.trusted(folder, **environment) == set()

    def test_it_refuses_to_trust_the_gateway_where_strangers_come_from_it(
        self, folder: Path
    ) -> None:
        outcome = self.render(
            folder, NGINX_HOST="gateway", NGINX_BIND_ADDRESS="0.0.0.0", NGINX_TRUSTED_PROXIES="host"
        )
        assert outcome.returncode == 1
        assert "needs BIND_ADDRESS=127.0.0.1" in outcome.stderr

    def test_those_of_cloudflare_and_of_a_list(self, folder: Path) -> None:
        found = self.trusted(
            folder, NGINX_TRUSTED_PROXIES="cloudflare, 10.0.0.2 10.1.0.0/16", NGINX_SERVER="tls"
        )
        assert found > {"104.16.0.0/13", "2606:4700::/32", "10.0.0.2", "10.1.0.0/16"}
        assert len(found) == 24


class TestIPv6:
    def test_a_client_is_a_whole_network(self, application: str) -> None:
        """A client has 2^64 addresses, which count as one for the limits."""
        with nginx(
            NGINX_WEB=application,
            PUBLIC_URL=PUBLIC,
            NGINX_TRUSTED_PROXIES=CLIENT,
            NGINX_RATE="1r/m",
            NGINX_BURST="1",
        ) as server:

            def status(address: str) -> int:
                return ask(server.port, X_Forwarded_For=address, X_Forwarded_Proto="https")[0]

            same = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2:0:a0a:0:0"]
            assert [status(address) for address in same] == [200, 200, 429]
            assert status("2001:db8:1:3::1") == 200
            # No compression of zeros makes two networks of one.
            zeros = ["2001:db8::1", "2001:db8:0:0:1:0:0:0", "2001:db8::1:2:3:4"]
            assert [status(address) for address in zeros] == [200, 200, 429]
            mapped = ["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"]
            assert [status(address) for address in mapped] == [200, 200, 429]
            assert status("::ffff:192.0.2.2") == 200
