"""A resolver that hangs holds nobody longer than their deadline, and few threads."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from artgen.http import name_lookup
from artgen.http.download import DownloadFailed, fetch_image
from artgen.http.name_lookup import MAX_LOOKUPS, TooManyLookups

NAMESPACES = ("unshare", "--map-root-user", "--mount", "--net")
CAN_ISOLATE = (
    shutil.which("unshare") is not None
    and not subprocess.run(
        [*NAMESPACES, "mount", "--bind", "/etc/resolv.conf", "/etc/resolv.conf"],
        check=False,
        capture_output=True,
    ).returncode
)
HANGING = """
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # the namespace's lo is down
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.1", 53))  # asked, but never answers

from generation.providers.text_client import TextClient, TextUnavailable
client = TextClient(base_url="https://text.example.org/v1", model="m", seconds=0.5)
for _ in range(2):
    try:
        client.reply(instructions="a", text="b", max_tokens=1)
    except TextUnavailable as error:
        print(error.detail)
question, _ = resolver.recvfrom(512)
print(b"example" in question)
"""


@pytest.mark.slow
@pytest.mark.skipif(not CAN_ISOLATE, reason="needs namespaces of its own")
def test_a_real_resolver_that_hangs_holds_no_call_longer_than_its_deadline(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    mounted = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    out = subprocess.run(
        [*NAMESPACES, "sh", "-c", mounted, str(file), sys.executable, "-c", HANGING],
        cwd=settings.BASE_DIR,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert out == [
        *["TimeoutError: the name text.example.org was not resolved in time"] * 2,
        "True",
    ]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let names resolve to this machine once the event is set, and not before."""
    answer = threading.Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **options: int) -> list:
        if host[0].isdigit():
            return real(host, port, **options)
        answer.wait()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield answer
    answer.set()
    for thread in lookups():
        thread.join()


def lookups() -> list[threading.Thread]:
    """Return the threads that ask the resolver."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("lookup ")]


def soon() -> float:
    return time.monotonic() + 0.05


def test_calls_for_one_host_share_a_lookup_and_the_next_one_is_new(answer: threading.Event) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            name_lookup.addresses("one.example", 443, deadline=soon())
    assert len(lookups()) == 1
    answer.set()
    later = time.monotonic() + 60
    found = name_lookup.addresses("one.example", 443, deadline=later)
    assert found == [(socket.AF_INET, ("127.0.0.1", 443))]
    for thread in lookups():
        thread.join()
    assert not lookups()


@pytest.mark.slow
def test_a_process_has_a_limited_number_of_them(answer: threading.Event) -> None:
    for number in range(MAX_LOOKUPS):
        with pytest.raises(TimeoutError):
            name_lookup.addresses(f"n{number}.example", 443, deadline=soon())
    with pytest.raises(TooManyLookups):
        name_lookup.addresses("further.example", 443, deadline=soon())
    assert name_lookup.addresses("127.0.0.1", 80, deadline=soon())  # nobody is asked


def test_a_download_ends_at_its_deadline(answer: threading.Event) -> None:
    with pytest.raises(DownloadFailed, match="not resolved in time"):
        fetch_image("https://slow.example/a.png", allowed_hosts=["slow.example"], total_seconds=0.1)


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example"])
def test_what_is_no_name_is_a_failure_like_others(host: str) -> None:
    with pytest.raises(DownloadFailed):
        fetch_image(f"https://{host}/a.png", allowed_hosts=[], any_public=True)
