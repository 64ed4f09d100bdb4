"""A picture is fetched from where it may be fetched, within its limits, or not at all."""

import socket
import ssl
import threading
import time

import pytest

from artgen.http import http_exchange
from artgen.http.deadlines import STEP_BYTES, TimedSocket
from artgen.http.download import DownloadFailed, DownloadRefused, HostFailed, fetch_image
from artgen.http.public_addresses import is_public
from generation.testing.servers.certificate import make_certificate
from generation.testing.servers.raw_server import http, raw_server, read_request

PICTURE = b"\x89PNG and more"


def fetch(server, path="/a.png", **options):
    host = f"127.0.0.1:{server.port}"
    return fetch_image(
        f"http://{host}{path}", **{"allowed_hosts": [host], "total_seconds": 60} | options
    )


def test_it_fetches_from_a_host_named_with_its_port_and_shows_no_key():
    with raw_server(http("200 OK", PICTURE)) as server:
        assert fetch(server, "/a b.png?x=ж&y=%2F") == PICTURE
    head = server.requests[0].decode()
    assert head.startswith("GET /a%20b.png?x=%D0%B6&y=%2F HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in head
    assert "authorization" not in head.lower()
    assert "cookie" not in head.lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://image.runpod.ai/a.png",
        "https://image.runpod.ai:8443/a.png",
        "https://evil.example/a.png",
        "https://image.runpod.ai.evil.example/a.png",
        "https://evil.example/image.runpod.ai",
        "https://user@image.runpod.ai/a.png",
        "https://image.runpod.ai@evil.example/a.png",
        "https://image.runpod.ai:443:80/a.png",
        "https://image.runpod.ai:99999/a.png",
        "https://[::1/a.png",
        "https:///a.png",
        "//image.runpod.ai/a.png",
        "file:///etc/passwd",
        "ftp://image.runpod.ai/a.png",
        "data:image/png;base64,AAAA",
        "",
        "https://127.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_it_refuses_every_other_address_without_asking_anybody(url, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: pytest.fail("a name was resolved"))
    with pytest.raises(DownloadRefused):
        fetch_image(url, allowed_hosts=["image.runpod.ai"])


def test_it_refuses_everything_when_no_host_is_allowed():
    for hosts in ([], [""], ["  "], ["[::1"]):
        with pytest.raises(DownloadRefused):
            fetch_image("https://image.runpod.ai/a.png", allowed_hosts=hosts)


@pytest.mark.parametrize(
    "name", ["127.0.0.1", "localhost", "[::1]", "10.0.0.7", "169.254.169.254", "[::ffff:10.0.0.7]"]
)
def test_it_never_goes_to_a_private_address_of_a_host_named_without_port(name):
    with pytest.raises(DownloadRefused, match="not a public address"):
        fetch_image(f"https://{name}/a.png", allowed_hosts=[name])


def resolving(monkeypatch, *answers):
    """Let names resolve to one answer after another, each a list of addresses and ports."""
    asked = []

    def getaddrinfo(host, port, **options):
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", where)
            for where in answers[min(len(asked), len(answers)) - 1]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_it_refuses_a_public_name_at_a_private_address(monkeypatch):
    resolving(monkeypatch, [("192.168.1.1", 443)])
    with pytest.raises(DownloadRefused, match=r"192\.168\.1\.1"):
        fetch_image("https://image.runpod.ai/a.png", allowed_hosts=["image.runpod.ai"])


def test_it_refuses_a_name_with_one_private_address_among_public_ones(monkeypatch):
    resolving(monkeypatch, [("8.8.8.8", 443), ("10.0.0.1", 443)])
    with pytest.raises(DownloadRefused, match=r"10\.0\.0\.1"):
        fetch_image("https://image.runpod.ai/a.png", allowed_hosts=["image.runpod.ai"])


def test_it_resolves_a_name_once_and_connects_to_the_address_it_checked(monkeypatch):
    asked = resolving(monkeypatch, [("8.8.8.8", 443)], [("127.0.0.1", 443)])
    connected = []

    def connect(self, where):
        connected.append(where)
        raise OSError("not from here")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(DownloadFailed):
        fetch_image("https://image.runpod.ai/a.png", allowed_hosts=["image.runpod.ai"])
    assert asked == ["image.runpod.ai"]
    assert connected == [("8.8.8.8", 443)]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.1.1", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("fec0::1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
    ],
)
def test_it_knows_a_public_address(address, public):
    assert is_public(address) is public


def redirect(where, status="302 Found"):
    return http(status, b"", f"Location: {where}")


def test_it_follows_redirects_and_checks_each():
    with (
        raw_server(http("200 OK", PICTURE)) as last,
        raw_server(
            redirect(f"http://127.0.0.1:{last.port}/b.png", "307 Temporary Redirect")
        ) as first,
    ):
        hosts = [f"127.0.0.1:{first.port}", f"127.0.0.1:{last.port}"]
        assert fetch(first, allowed_hosts=hosts) == PICTURE
        with pytest.raises(DownloadRefused, match="not among the allowed"):
            fetch(first)
    assert last.requests[0].startswith(b"GET /b.png ")
    assert len(last.requests) == 1


@pytest.mark.parametrize(
    "where",
    [
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "http://localhost:1/",
        "//evil.example/a.png",
        "ftp://x/",
    ],
)
def test_it_refuses_a_redirect_to_anywhere_else(where):
    with raw_server(redirect(where)) as server, pytest.raises(DownloadRefused):
        fetch(server)


def test_it_follows_at_most_three_redirects():
    with (
        raw_server(redirect("/again")) as server,
        pytest.raises(DownloadRefused, match="redirects"),
    ):
        fetch(server)
    assert len(server.requests) == 4


def test_it_tries_again_after_a_redirect_to_nowhere():
    with raw_server(http("302 Found")) as server, pytest.raises(DownloadFailed):
        fetch(server)


@pytest.mark.parametrize(
    ("status", "is_host"),
    [(status, False) for status in ("403 Forbidden", "404 Not Found", "408 X", "429 X")]
    + [(status, True) for status in ("500 X", "503 X")],
)
def test_it_tries_again_after_what_may_pass(status, is_host):
    with raw_server(http(status)) as server, pytest.raises(DownloadFailed) as failure:
        fetch(server)
    assert isinstance(failure.value, HostFailed) is is_host


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "401 X", "410 Gone", "204 No Content", "206 Partial", "304 X"]
)
def test_it_gives_up_after_what_will_not_change(status):
    with raw_server(http(status)) as server, pytest.raises(DownloadRefused):
        fetch(server)


def test_it_refuses_a_file_that_is_too_large_by_its_own_word():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nx"
    with raw_server(answer) as server, pytest.raises(DownloadRefused, match="999999999 bytes"):
        fetch(server)


@pytest.mark.parametrize("header", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_it_refuses_a_file_that_turns_out_too_large(header):
    def endless(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n")
        while True:
            block = bytes(65_536)
            connection.sendall(b"10000\r\n" + block + b"\r\n" if header else block)

    with raw_server(endless) as server, pytest.raises(DownloadRefused, match="more than 1000000"):
        fetch(server, max_bytes=1_000_000)


def test_it_takes_a_file_of_exactly_the_limit():
    with raw_server(http("200 OK", bytes(1000))) as server:
        assert len(fetch(server, max_bytes=1000)) == 1000
        with pytest.raises(DownloadRefused):
            fetch(server, max_bytes=999)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nshort",
        b"HTTP/1.1 200 OK\r\nConte",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
def test_it_tries_again_after_a_reply_that_is_cut_short(answer):
    with raw_server(answer) as server, pytest.raises(DownloadFailed):
        fetch(server)


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"]
)
@pytest.mark.parametrize("limit", ["total_seconds", "silence"])
def test_it_gives_a_server_that_drips_no_more_than_its_time(begin, limit):
    over = threading.Event()

    def drip(connection):
        connection.sendall(begin)
        while not over.wait(0.01):
            connection.sendall(b"x")

    with raw_server(drip) as server:
        try:
            with pytest.raises(HostFailed):
                fetch(server, **{limit: 0.15})
        finally:
            over.set()


def test_it_waits_for_each_part_of_a_reply_as_long_as_for_the_first(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reply = TimedSocket(ours, 60, 3).makefile("rb")
        for clock[0] in (2, 4, 6):
            theirs.sendall(bytes(STEP_BYTES))
            assert reply.read(STEP_BYTES)
        theirs.sendall(bytes(STEP_BYTES - 1))
        assert reply.read(STEP_BYTES - 1)
        clock[0] = 9
        theirs.sendall(b"x")
        with pytest.raises(TimeoutError, match="silent for 3 s"):
            reply.read(1)


def test_it_tries_again_where_nobody_listens_and_where_a_name_does_not_resolve():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(HostFailed):
            fetch_image(f"http://{host}/a.png", allowed_hosts=[host])
    with pytest.raises(HostFailed):
        fetch_image("https://runpod.invalid/a.png", allowed_hosts=["runpod.invalid"])


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def test_it_believes_only_a_certificate_of_the_very_host(authority, monkeypatch):
    certificate, key = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve():
        for _ in range(3):
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    read_request(secure)
                    secure.sendall(http("200 OK", PICTURE))
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    trusting = ssl.create_default_context(cafile=certificate)
    with listener:
        with pytest.raises(DownloadFailed, match="CERTIFICATE_VERIFY_FAILED"):
            fetch_image(f"https://localhost:{port}/", allowed_hosts=[f"localhost:{port}"])
        monkeypatch.setattr(http_exchange, "tls_context", lambda: trusting)
        assert (
            fetch_image(f"https://localhost:{port}/", allowed_hosts=[f"localhost:{port}"])
            == PICTURE
        )
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *a, **k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))],
        )
        with pytest.raises(DownloadFailed, match="CERTIFICATE_VERIFY_FAILED"):
            fetch_image(
                f"https://image.runpod.ai:{port}/", allowed_hosts=[f"image.runpod.ai:{port}"]
            )
        thread.join(5)
