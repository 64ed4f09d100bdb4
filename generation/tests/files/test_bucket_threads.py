"""A bucket that hangs.

Enough threads of a web process remain for pages, and nobody waits for long.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.config import Config
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from artgen.web.unavailable_page import BucketAway
from generation.files import bucket_threads, storage
from generation.gallery import zip_slots
from generation.models import Upload
from generation.testing.rows.api import UPLOADS, ApiTestCase, make_image, picture
from generation.testing.servers.bucket import s3_settings
from generation.testing.servers.raw_server import RawServer, raw_server

pytestmark = pytest.mark.slow

CROWD = 8


@contextmanager
def hanging() -> Iterator[tuple[RawServer, threading.Event]]:
    """Use a bucket that takes requests and says nothing until the event is set."""
    over = threading.Event()

    def say_nothing(connection: socket.socket) -> None:
        over.wait()

    with (
        raw_server(say_nothing) as server,
        s3_settings(f"http://127.0.0.1:{server.port}", name="hangs"),
    ):
        try:
            yield server, over
        finally:
            over.set()


@contextmanager
def crowd(work: Callable[[], Any], over: threading.Event) -> Iterator[list[Future[Any]]]:
    """Have CROWD threads do the same; the bucket ends what still waits for it."""
    with ThreadPoolExecutor(CROWD) as threads:
        try:
            yield [threads.submit(work) for _ in range(CROWD)]
        finally:
            over.set()


def until(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.01)


def write() -> None:
    storage.save("uploads/a.png", b"a", content_type="image/png")


def write_in_a_request() -> None:
    with bucket_threads.reading_or_writing():
        write()


class TestShare(ApiTestCase):
    def test_it_lets_half_of_the_threads_wait_and_refuses_the_others_at_once(self) -> None:
        with hanging() as (server, over), crowd(write_in_a_request, over) as requests:
            until(
                lambda: (
                    sum(request.done() for request in requests) == CROWD - settings.WAITING_THREADS
                )
            )
            until(lambda: len(server.requests) == settings.WAITING_THREADS)
        assert settings.WAITING_THREADS == settings.HELD_THREADS - 1 == 2
        assert [type(request.exception()) for request in requests] == [BucketAway] * CROWD

    @pytest.mark.slow
    def test_it_counts_archives_that_are_being_sent_and_leaves_one_thread(self) -> None:
        sent = [zip_slots.take(user) for user in (self.alice, self.bob)]
        try:
            with hanging() as (server, over), crowd(write_in_a_request, over) as requests:
                until(lambda: sum(request.done() for request in requests) == CROWD - 1)
                until(lambda: len(server.requests) == 1)
        finally:
            for slot in sent:
                slot.release()
        zip_slots.take(self.alice).release()

    def test_it_says_so_in_words_and_stores_nothing(self) -> None:
        image = make_image(self.alice)
        with hanging() as (server, over), crowd(write_in_a_request, over):
            until(lambda: len(server.requests) == settings.WAITING_THREADS)
            response = self.api.client.post(
                UPLOADS, {"file": SimpleUploadedFile("tea.png", picture())}
            )
            self.client.force_login(self.alice)
            address = reverse("download_image", args=[image.id])
            page = self.client.get(f"{address}?as=bare", headers={"accept-language": "en"})
        self.assert_problem(response, 503, "unavailable")
        assert response["Retry-After"] == "30"
        assert not Upload.objects.exists()
        assert page.status_code == 503
        assert page["Retry-After"] == "30"
        assert "Image storage isn’t responding" in page.content.decode()

    @pytest.mark.slow
    def test_it_gives_up_a_bucket_that_stays_silent(self) -> None:
        options = settings.S3_OPTIONS | {
            "client_config": settings.S3_OPTIONS["client_config"].merge(Config(read_timeout=0.05))
        }
        with self.settings(S3_OPTIONS=options), hanging() as (server, _over):
            response = self.api.client.post(
                UPLOADS, {"file": SimpleUploadedFile("tea.png", picture())}
            )
            self.assert_problem(response, 503, "unavailable")
            until(lambda: len(server.requests) >= 2)  # the client has not waited for it
            assert len(server.requests) == 2, "once more"
            upload = Upload.objects.get()  # the file may arrive yet: for the cleanup
            assert upload.bytes == 0
            assert upload.expired_at
            for read in (
                lambda: storage.read("images/a.png"),
                lambda: list(storage.pieces("images/a.png")),
            ):
                with pytest.raises(BucketAway), bucket_threads.reading_or_writing():
                    read()
            until(lambda: len(server.requests) >= 6)
            assert len(server.requests) == 6
        assert settings.S3_OPTIONS["client_config"].read_timeout == 10
