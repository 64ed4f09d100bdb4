"""What a page costs in round trips to PostgreSQL and Redis.

Little, and no more where it shows more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from redis.connection import AbstractConnection

from accounts.tokens import tokens
from generation.gallery import collections
from generation.models import Status
from generation.testing.clock import held_clock
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase

# The session; queues and speeds of all models with the budgets, and to remember them.
MAX_REDIS = 3
OPENING = {b"HELLO", b"AUTH", b"CLIENT", b"SELECT"}
"""Commands that begin a connection."""


def _name(command: bytes) -> bytes:
    """Return the name of a command in Redis' protocol; of several, that of the first."""
    return command.split(b"\r\n", 3)[2].upper()


@contextmanager
def sent_to_redis() -> Iterator[list[bytes]]:
    """Give what this thread sends to Redis.

    One entry for each round trip, without the counts that each process reports, and without what
    begins a connection: the pool opens another one while a thread uses the first. Threads that
    earlier tests left, as the one that keeps slots, are not the page's.
    """
    sent: list[bytes] = []
    own = get_ident()
    send = AbstractConnection.send_packed_command

    def note(connection: AbstractConnection, command: object, **options: object) -> object:
        text = command if isinstance(command, bytes) else b"".join(command)  # type: ignore[arg-type]
        if get_ident() == own and b"HINCRBY" not in text and _name(text) not in OPENING:
            sent.append(text)
        return send(connection, command, **options)

    with mock.patch.object(AbstractConnection, "send_packed_command", note):
        yield sent


class TestRoundTrips(GalleryTestCase):
    def grow(self, *, count: int) -> None:
        """Give alice pictures, trash, waiting jobs and collections."""
        for number in range(count):
            image = make_image(self.alice)
            make_image(self.alice, job=image.job, position=1)
            make_image(self.alice, trashed_at=timezone.now())
            make_job(
                self.alice, model=("flux-dev", "flux-schnell", "p-image", "qwen-image")[number % 4]
            )
            make_job(self.alice, status=Status.FAILED)
            pile = collections.create(user=self.alice, name=f"{timezone.now()} {number}")
            collections.add(pile, image_ids=[image.id])

    def pages(self) -> dict[str, int]:
        """Return the pages with the queries that each may cost."""
        quote = urlencode({"model": "flux-dev", "count": 2, "shape": "1024x1024"})
        return {
            reverse("create"): 7,
            f"{reverse('quote')}?{quote}": 3,
            reverse("gallery"): 7,
            f"{reverse('gallery')}?q=tea&favorite=1": 8,
            reverse("trash"): 5,
            reverse("collections"): 4,
            reverse("own_pictures"): 3,
            reverse("explore"): 2,
        }

    @pytest.mark.slow
    def test_it_costs_few_round_trips_however_much_a_page_shows(self) -> None:
        for count in (1, 6):
            self.grow(count=count)
            for address, queries in self.pages().items():
                with self.subTest(address, count=count), held_clock():
                    self.client.get(address)
                    with sent_to_redis() as sent, self.assertNumQueries(queries):
                        assert self.client.get(address).status_code == 200
                    assert len(sent) <= 2, sent

    def test_it_costs_few_more_for_a_page_without_a_cache(self) -> None:
        self.grow(count=6)
        forecast = {
            address
            for address in self.pages()
            if address.startswith((reverse("create"), reverse("quote")))
        }
        forecast.remove(reverse("own_pictures"))
        for number, (address, queries) in enumerate(self.pages().items(), start=1):
            with self.subTest(address), held_clock():
                self.client.get(address)
                more = 3 if address in forecast else 0  # queues, budgets, speeds
                with (
                    held_clock(later=60 * number),
                    sent_to_redis() as sent,
                    self.assertNumQueries(queries + more),
                ):
                    self.client.get(address)
                assert len(sent) <= MAX_REDIS, sent

    @held_clock()
    def test_it_costs_few_round_trips_to_place(self) -> None:
        token = tokens.issue(user=self.alice, name="test")
        api = {"headers": {"Authorization": f"Bearer {token}"}, "content_type": "application/json"}
        form = {"model": "flux-dev", "prompt": "A kite", "shape": "1024x1024", "count": "1"}
        body = {"model": "flux-dev", "prompt": "A kite"}

        def by_form(number: int) -> Any:
            fields = form | {"key": f"key {number}"}
            return self.client.post(reverse("create"), fields, headers={"X-Part": "1"})

        def by_api(_number: int) -> Any:
            return self.client_class().post("/api/v1/jobs/", body, **api)

        # Redis: the session or the token, and two of the rate limit.
        # PostgreSQL: SAVEPOINT, hold, job, RELEASE; of the form also user, quotas, key, and
        # for the next quote the user and the switch.
        for place, queries in ((by_form, 9), (by_api, 4)):
            with self.subTest(place.__name__):
                place(1)
                with sent_to_redis() as sent, self.assertNumQueries(queries):
                    assert place(2).status_code == 201
                assert len(sent) <= 3, sent

    @held_clock()
    def test_it_reads_neither_jobs_nor_queues_to_show_what_was_just_placed(self) -> None:
        self.grow(count=2)
        form = {"model": "flux-dev", "prompt": "A kite", "shape": "1024x1024", "count": "2"}
        self.client.get(reverse("create"))  # what is cached
        with CaptureQueriesContext(connection) as queries:
            answer = self.client.post(reverse("create"), form, headers={"X-Part": "1"})
        assert answer.status_code == 201
        statements = [query["sql"] for query in queries]
        placing = next(n for n, one in enumerate(statements) if "INTO generation_job (" in one)
        assert not [one for one in statements[placing + 1 :] if "generation_job" in one]
