"""Which addresses can be reached from outside."""

import pytest

from artgen.http.reachability import is_public_address, is_public_host, reaches

INSIDE = (
    *("localhost", "LOCALHOST", "localhost.", "db.localhost", "web", "emulator", "", "."),
    *("127.0.0.1", "127.1", "127.12.0.9", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0"),
    *(
        "10.0.0.5",
        "10.1",
        "167772161",
        "172.16.3.4",
        "192.168.1.20",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
    ),
    *(
        "::1",
        "[::1]",
        "::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1%eth0",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
    ),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1"),
    *(
        "nas.local",
        "art.internal",
        "art.corp.internal",
        "box.lan",
        "box.home.arpa",
        "art.test",
        "x.invalid",
        "x.onion",
    ),
)
OUTSIDE = (
    *(
        "art.example.org",
        "storage.yandexcloud.net",
        "api.runpod.ai",
        "local.example.org",
        "internal.org",
        "пример.рф",
    ),
    *("8.8.8.8", "134744072", "1.1", "2606:4700::1111", "[2606:4700::1111]", "::ffff:8.8.8.8"),
)
RUNPOD, EMULATOR = "https://api.runpod.ai/v2", "http://127.0.0.1:8010/v2"


@pytest.mark.parametrize("host", INSIDE)
def test_it_finds_what_lies_inside(host):
    assert not is_public_host(host)


@pytest.mark.parametrize("host", OUTSIDE)
def test_it_finds_what_the_internet_reaches(host):
    assert is_public_host(host)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "art.example.org",
        "ftp://art.example.org",
        "/media/a.png",
        "http://[::1",
        "https://",
        "data:,x",
    ],
)
def test_it_takes_no_other_address_for_a_public_one(address):
    assert not is_public_address(address)


@pytest.mark.parametrize(
    ("origin", "address", "expected"),
    [
        (RUNPOD, "https://art.example.org/hooks/", True),
        (RUNPOD, "http://user:word@art.example.org:8443/hooks/", True),
        (RUNPOD, "http://127.0.0.1:8000/hooks/", False),
        (RUNPOD, "http://[fc00::1]:8000/hooks/", False),
        (RUNPOD, "http://minio:9000/bucket/key", False),
        (EMULATOR, "http://127.0.0.1:8000/hooks/", True),
        (EMULATOR, "http://web:8000/hooks/", True),
        (EMULATOR, "https://art.example.org/hooks/", True),
        ("http://emulator:8010/v2", "http://web:8000/hooks/", True),
    ],
)
def test_it_tells_who_reaches_whom(origin, address, expected):
    assert reaches(origin, address) is expected
