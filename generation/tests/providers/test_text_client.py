"""Every way in which a call for a text can fail has its verdict, and none shows the key."""

import socket
import time

import pytest

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.providers.text_client import (
    MAX_REPLY_BYTES,
    TextClient,
    TextError,
    TextNotSetUp,
    TextRefused,
    TextUnavailable,
    TextUnusable,
)
from generation.testing.servers.raw_server import http, raw_server

KEY = "rpa_SECRETSECRETSECRET"
TELL = {"instructions": "Translate into English.", "text": "маяк в тумане", "max_tokens": 100}


@pytest.fixture(scope="module")
def emulator():
    with Emulator(EmulatorOptions(manual=True, api_key=KEY, slow_seconds=30)) as emulator:
        yield emulator


@pytest.fixture
def client(emulator):
    emulator.faults.clear()
    return TextClient(
        base_url=f"{emulator.base_url}/text/openai/v1", model="stand-in", api_key=KEY, seconds=30
    )


def client_of(server, **options):
    options = {"seconds": 30, "api_key": KEY, **options}
    return TextClient(base_url=server.base_url, model="stand-in", **options)


def completion(content: str) -> bytes:
    return http("200 OK", f'{{"choices": [{{"message": {{"content": {content}}}}}]}}'.encode())


class TestReply:
    def test_it_returns_the_text(self, client, emulator):
        assert client.reply(**TELL) == "lighthouse in fog"
        sent = emulator.calls[-1]
        assert sent.path == "/v2/text/openai/v1/chat/completions"
        assert sent.json["messages"][1] == {"role": "user", "content": "маяк в тумане"}
        assert (sent.json["model"], sent.json["stream"]) == ("stand-in", False)

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ('"\\"fog\\""', "fog"),
            ('"«fog»"', "fog"),
            ('"\\"fog\\" and \\"rain\\""', '"fog" and "rain"'),
            ('"a\\u0000b\\u0085c\\ud800 \\r\\n d"', "abc? \n d"),
            ('"<think>a</think>fog <think>b</think>"', "fog <think>b</think>"),
        ],
    )
    def test_it_cleans_the_text(self, content, text):
        with raw_server(completion(content)) as server:
            assert client_of(server).reply(**TELL) == text


class TestVerdicts:
    @pytest.mark.parametrize(
        ("fault", "verdict"),
        [
            *((name, TextNotSetUp) for name in ("refuse_401", "refuse_403", "refuse_404")),
            ("redirects", TextNotSetUp),
            ("refuse_400", TextRefused),
            ("filtered", TextRefused),
            *((name, TextUnavailable) for name in ("rate_429", "rate_429_bare", "error_5xx")),
            *((name, TextUnavailable) for name in ("html_502", "break_before", "huge")),
            *((name, TextUnusable) for name in ("garbage", "no_choices", "empty_text", "cut_off")),
        ],
    )
    def test_each_failure_has_one(self, client, emulator, fault, verdict):
        emulator.faults.next("chat", fault)
        with pytest.raises(TextError) as raised:
            client.reply(**TELL)
        assert type(raised.value) is verdict
        assert KEY not in f"{raised.value!r} {raised.value.detail} {raised.value.__cause__!r}"
        assert client.reply(**TELL) == "lighthouse in fog"

    @pytest.mark.slow
    @pytest.mark.parametrize("fault", ["slow", "drips", "drips_headers"])
    def test_one_deadline_limits_the_whole_call(self, client, emulator, fault):
        emulator.faults.next("chat", fault)
        hurried = TextClient(base_url=client.base_url, model="stand-in", api_key=KEY, seconds=0.5)
        started = time.monotonic()
        with pytest.raises(TextUnavailable):
            hurried.reply(**TELL)
        assert time.monotonic() - started < 20  # the faults last for minutes

    def test_a_reply_of_any_size_is_read_up_to_a_limit(self):
        def flood(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65_536)

        with raw_server(flood) as server, pytest.raises(TextUnavailable) as raised:
            client_of(server).reply(**TELL)
        assert str(MAX_REPLY_BYTES) in raised.value.detail

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{}",
            b"SSH-2.0-OpenSSH\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
            b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
        ],
    )
    def test_what_is_not_http_is_a_failure_like_others(self, answer):
        with raw_server(answer) as server, pytest.raises(TextUnavailable):
            client_of(server).reply(**TELL)

    @pytest.mark.parametrize(
        "body",
        [
            b"[]",
            b"null",
            b'{"choices": 7}',
            b'{"choices": [7]}',
            b'{"choices": [{"message": null}]}',
            b'{"choices": [{"message": {"content": null}}]}',
            b'{"choices": [{"message": {"content": {"a": 1}}}]}',
            b'{"choices": [{"message": {"content": "<think></think>"}}]}',
            b"[" * 100_000,
            b"\xff\xfe",
        ],
    )
    def test_other_json_is_not_usable(self, body):
        with raw_server(http("200 OK", body)) as server, pytest.raises(TextUnusable):
            client_of(server).reply(**TELL)

    def test_a_key_that_the_server_repeats_is_not_shown(self):
        answer = http("401 Unauthorized", b'{"error": "wrong key rpa_SECRETSECRETSECRET"}')
        with raw_server(answer) as server, pytest.raises(TextNotSetUp) as raised:
            client_of(server).reply(**TELL)
        assert KEY not in raised.value.detail
        assert KEY not in repr(client_of(server))


@pytest.mark.parametrize(
    ("url", "key", "model"),
    [
        ("ftp://text.example.org", "", "m"),
        ("text.example.org", "", "m"),
        ("https://", "", "m"),
        ("https://user:word@text.example.org/v1", "", "m"),
        ("https://text.example.org/v1?key=1", "", "m"),
        ("https://text.example.org:port/v1", "", "m"),
        ("https://text.example.org/v1", "a key\r\nX: 1", "m"),
        ("https://text.example.org/v1", "", ""),
    ],
)
def test_it_refuses_addresses_and_keys_that_no_call_could_use(url, key, model):
    with pytest.raises(ValueError):
        TextClient(base_url=url, model=model, api_key=key)
