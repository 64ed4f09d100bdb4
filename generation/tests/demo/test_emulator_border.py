"""The emulator's HTTP: key, bodies, routes and rate limits as RunPod's documentation says."""

import pytest
import requests

from generation.demo.emulator.rate_limits import RateLimits
from generation.testing.servers.emulator import ENDPOINT

pytestmark = pytest.mark.release("generation/demo/")


class TestBorder:
    @pytest.mark.parametrize(
        "header",
        [
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": ""},
            {"Authorization": "Basic ZW11bGF0b3Ita2V5"},
            {"Authorization": b"Bearer \xff"},
        ],
    )
    def test_it_wants_the_key(self, emulator, header):
        for method, path in (
            ("POST", "run"),
            ("GET", "status/a"),
            ("GET", "health"),
        ):
            reply = requests.request(
                method,
                f"{emulator.base_url}/{ENDPOINT}/{path}",
                json={},
                headers=header,
                timeout=60,
            )
            assert reply.status_code == 401

    @pytest.mark.parametrize(
        "header", ["Bearer emulator-key", "bearer emulator-key", "emulator-key"]
    )
    def test_it_takes_the_key_as_the_documentation_shows_it(self, emulator, header):
        url = f"{emulator.base_url}/{ENDPOINT}/health"
        assert requests.get(url, headers={"Authorization": header}, timeout=60).status_code == 200

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not json",
            b"[]",
            b"{}",
            b'{"input": 3}',
            b'{"input": {}, "policy": 3}',
            b'{"input": {}, "policy": {"ttl": 9999}}',
            b'{"input": {}, "policy": {"ttl": 604800001}}',
            b'{"input": {}, "policy": {"executionTimeout": 4999}}',
            b'{"input": {}, "policy": {"executionTimeout": "long"}}',
            b'{"input": {}, "webhook": "ftp://x"}',
        ],
    )
    def test_it_answers_a_bad_run_with_400_and_takes_nothing(self, emulator, body):
        url = f"{emulator.base_url}/{ENDPOINT}/run"
        reply = requests.post(
            url, data=body, headers={"Authorization": "Bearer emulator-key"}, timeout=60
        )
        assert reply.status_code == 400
        assert emulator.jobs == []

    def test_it_answers_a_body_over_ten_megabytes_with_413(self, emulator):
        url = f"{emulator.base_url}/{ENDPOINT}/run"
        data = b'{"input": {"prompt": "' + b"x" * 10 * 1024 * 1024 + b'"}}'
        reply = requests.post(
            url, data=data, headers={"Authorization": "Bearer emulator-key"}, timeout=60
        )
        assert reply.status_code == 413

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "run", 405),
            ("GET", "cancel/a", 405),
            ("POST", "nonsense", 404),
            ("GET", "status", 404),
        ],
    )
    def test_it_knows_its_routes(self, emulator, method, path, status):
        reply = requests.request(
            method,
            f"{emulator.base_url}/{ENDPOINT}/{path}",
            headers={"Authorization": "emulator-key"},
            timeout=60,
        )
        assert reply.status_code == status

    def test_it_counts_a_window_of_ten_seconds_and_what_is_under_way(self):
        now = [0.0]
        limits = RateLimits(clock=lambda: now[0])
        for _ in range(100):
            with limits.admit("a", "cancel") as allowed:
                assert allowed
        with limits.admit("a", "cancel") as allowed:
            assert not allowed
        now[0] = 10.1
        held = [limits.admit("a", "cancel") for _ in range(20)]
        assert all(place.__enter__() for place in held)
        with limits.admit("a", "cancel") as allowed:
            assert not allowed
        for place in held:
            place.__exit__(None, None, None)
        with limits.admit("a", "cancel") as allowed:
            assert allowed
