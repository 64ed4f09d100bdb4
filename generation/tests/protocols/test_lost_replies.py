"""A client that repeats a request because its reply was lost pays once."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import openai
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.credits import ledger_check
from accounts.models import CreditEntry
from artgen.refusals import Refusal
from generation.jobs.placing import idempotency
from generation.jobs.placing.client_calls import ClientCall
from generation.jobs.placing.job_order import PlacedOrder
from generation.models import IdempotencyKey, Job, Upload
from generation.protocols import image_orders
from generation.protocols.source_files import SourceFiles
from generation.testing import orders
from generation.testing.cases import BaseTestCase, load_catalog
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import PROMPT, ProtocolTestCase, png

pytestmark = pytest.mark.slow

REQUEST = {"model": "flux-schnell", "prompt": PROMPT}


@contextmanager
def cutting_proxy(address: str, *, cuts: int) -> Iterator[str]:
    """Forward each connection; cut the first ones when the server has got all of the request."""
    target = urlsplit(address)
    left, opened = [cuts], list[socket.socket]()
    lock = threading.Lock()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((target.hostname, target.port)) as onward:
                opened.append(onward)
                data = b""
                while not self.is_whole(data):
                    if not (part := self.request.recv(65536)):
                        return
                    data += part
                    onward.sendall(part)
                with lock:
                    left[0] -= 1
                    is_cut = left[0] >= 0
                if is_cut:
                    wait_for_jobs()
                    return
                while part := onward.recv(65536):
                    self.request.sendall(part)

        def is_whole(self, data: bytes) -> bool:
            head, found, body = data.partition(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            lengths = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
            return bool(found) and len(body) >= sum(lengths)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            for line in opened:
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            server.shutdown()
            thread.join()


def wait_for_jobs() -> None:
    """Return when the order has been placed."""
    try:
        while not Job.objects.exists():
            time.sleep(0.01)
    finally:
        connection.close()


class TestCutLine(ProtocolTestCase):
    def through_proxy(self, cuts: int) -> openai.OpenAI:
        url = self.enterContext(cutting_proxy(self.url, cuts=cuts))
        client = openai.OpenAI(base_url=f"{url}/v1", api_key=self.token, timeout=60, max_retries=3)
        return self.enterContext(client)

    def assert_one_charge(self, count: int = 1) -> None:
        assert Job.objects.count() == count
        holds = CreditEntry.objects.filter(kind=CreditEntry.Kind.HOLD)
        assert holds.count() == count
        assert not ledger_check.check()

    def test_it_places_one_job_if_the_line_is_cut_three_times(self) -> None:
        with workers(self.emulator):
            images = self.through_proxy(3).images.generate(**REQUEST)
        assert len(images.data or []) == 1
        self.assert_one_charge()

    def test_it_places_one_edit_and_keeps_the_files_once(self) -> None:
        with workers(self.emulator):
            images = self.through_proxy(3).images.edit(
                model="flux-kontext", image=("a.png", png()), prompt="add snow"
            )
        assert len(images.data or []) == 1
        self.assert_one_charge()
        assert Upload.objects.count() == 1

    def test_it_draws_again_for_a_second_call_with_the_same_body(self) -> None:
        client = self.openai()
        with workers(self.emulator):
            client.images.generate(**REQUEST)
            client.images.generate(**REQUEST)
        self.assert_one_charge(count=2)

    def test_it_takes_a_key_of_the_client_s_own(self) -> None:
        headers = {"Idempotency-Key": "k1", "Authorization": f"Bearer {self.token}"}
        with workers(self.emulator):
            for _time in range(2):
                response = httpx2.post(
                    f"{self.url}/v1/images/generations", json=REQUEST, headers=headers, timeout=60
                )
                assert response.status_code == 200
            other = httpx2.post(
                f"{self.url}/v1/images/generations", json=REQUEST | {"n": 2}, headers=headers
            )
        assert (other.status_code, other.headers["x-should-retry"]) == (422, "false")
        self.assert_one_charge()


class TestClientCall(BaseTestCase):
    """The same body again, as calls and as repetitions of calls."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        load_catalog()

    def call(self, attempt: int = 0, **options: Any) -> ClientCall:
        call = ClientCall(attempt=attempt, **{"digest": "d"} | options)
        call.begin(self.alice)
        return call

    def order(self, attempt: int = 0, **options: Any) -> UUID | None:
        """Return the batch that a call places, or has placed."""
        call = self.call(attempt, **options)
        return self.place(call).batch

    def place(self, call: ClientCall, request: dict[str, Any] = REQUEST) -> PlacedOrder:
        return orders.place_batch(user=self.alice, requests=[request], key=call.key, call=call)

    def test_it_names_a_new_order_for_each_first_attempt(self) -> None:
        assert self.order() != self.order()

    def test_it_names_the_order_of_the_last_call_for_repetitions(self) -> None:
        self.order()
        last = self.order()
        assert self.order(1) == self.order(2) == last

    def test_it_takes_a_repetition_after_a_quarter_of_an_hour_for_a_new_call(self) -> None:
        first = self.order()
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(minutes=16))
        assert self.order(1) != first

    def test_it_names_one_order_if_the_repetition_is_served_first(self) -> None:
        arrived_at = timezone.now()
        repetition = self.order(1)
        assert self.order(arrived_at=arrived_at) == repetition

    def test_it_keeps_calls_apart_by_body_and_user(self) -> None:
        first = self.order()
        assert self.order(1, digest="another") != first
        assert idempotency.placed_by_call(self.bob, self.call(1)) is None

    def test_it_places_once_for_one_key(self) -> None:
        call = self.call()
        placed = [self.place(call) for _time in range(2)]
        assert [order.created for order in placed] == [True, False]
        found = idempotency.placed_by_call(self.alice, call)
        assert found
        assert found.batch == placed[0].batch

    def test_it_finds_no_earlier_order_for_the_repetition_of_a_refused_call(self) -> None:
        first, refused = self.order(), self.call()
        with pytest.raises(Refusal):
            self.place(refused, {"model": "nano"})
        assert self.order(1) != first

    def test_it_keeps_the_files_of_an_order_whose_commit_has_no_answer(self) -> None:
        def place(lost: Exception) -> None:
            image_orders.place(
                "flux-kontext",
                parameters_of=lambda _offer: {"prompt": PROMPT},
                count=1,
                files=SourceFiles([png()]),
                user=self.alice,
                order_of=mock.Mock(side_effect=lost),
            )

        with pytest.raises(OperationalError):
            place(OperationalError("server closed the connection unexpectedly"))
        assert Upload.objects.count() == 1
        with pytest.raises(Refusal):
            place(Refusal("no"))
        assert Upload.objects.count() == 1


class TestTwins(ProtocolTestCase):
    def test_it_places_one_job_for_a_call_and_its_repetitions_at_the_same_time(self) -> None:
        def post(attempt: int) -> int:
            headers = {"Authorization": f"Bearer {self.token}"}
            headers["X-Stainless-Retry-Count"] = str(attempt)
            address = f"{self.url}/v1/images/generations"
            return httpx2.post(address, json=REQUEST, headers=headers, timeout=60).status_code

        with workers(self.emulator), ThreadPoolExecutor(6) as pool:
            assert set(pool.map(post, range(6))) == {200}
        assert Job.objects.count() == 1

    def test_it_repeats_nothing_that_was_refused(self) -> None:
        calls = []
        transport = httpx2.HTTPTransport()

        class Counting(httpx2.BaseTransport):
            def handle_request(self, request: httpx2.Request) -> httpx2.Response:
                calls.append(request.headers["x-stainless-retry-count"])
                return transport.handle_request(request)

        http = self.enterContext(httpx2.Client(transport=Counting()))
        client = self.openai(http_client=http)
        self.alice.credits = 0
        self.alice.save(update_fields=["credits"])
        with pytest.raises(openai.RateLimitError) as caught:
            client.images.generate(**REQUEST)
        assert caught.value.code == "insufficient_quota"
        assert calls == ["0"]
        assert not IdempotencyKey.objects.exists()
