"""`GET /api/v1/events`: who gets in, what is sent and replayed, and when it ends."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import sync_to_async
from django.test import Client, TransactionTestCase
from django.utils import timezone

from accounts.access import bans
from accounts.limits.concurrency_slots import ConcurrencySlots
from accounts.models import Scope
from accounts.tokens import tokens
from artgen.redis import channel_layers
from generation.jobs.engine import job_control
from generation.jobs.live import event_stream as streams
from generation.jobs.live import events, presence
from generation.models import Job
from generation.testing.cases import hold, load_catalog, make_user
from generation.testing.rows.api import make_job
from generation.testing.servers.event_stream import EventStreamClient, event_stream


class EventStreamTestCase(TransactionTestCase):
    def setUp(self) -> None:
        load_catalog()
        self.alice = make_user("alice@example.org")
        self.bob = make_user("bob@example.org")

    @asynccontextmanager
    async def open(
        self, token: str = "", *, method: str = "GET", **headers: str
    ) -> AsyncIterator[EventStreamClient]:
        pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
        if token:
            pairs.append((b"authorization", f"Bearer {token}".encode()))
        async with event_stream(pairs, method=method) as stream:
            yield stream

    async def token(self, **options: Any) -> str:
        return await sync_to_async(tokens.issue)(user=self.alice, name="events", **options)

    async def cancel(self, job: Job) -> None:
        await sync_to_async(job_control.cancel)(job=job, actor=job.user)

    async def make_job(self, user: Any) -> Job:
        job = await sync_to_async(make_job)(user)
        await sync_to_async(hold)(user=user, amount=1, reference=job.id)
        return await Job.objects.select_related("user", "model").aget(pk=job.pk)


@pytest.mark.slow
class TestEvents(EventStreamTestCase):
    async def test_it_sends_a_snapshot_and_each_change_of_own_jobs(self) -> None:
        job, other = await self.make_job(self.alice), await self.make_job(self.bob)
        async with self.open(await self.token()) as stream:
            assert stream.status == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            assert stream.headers["x-accel-buffering"] == "no"
            assert await stream.block() == ["retry: 3000"]
            at, snapshot = await stream.event()
            assert abs(at - time.time() * 1000) < 60_000
            assert [one["id"] for one in snapshot["jobs"]] == [str(job.id)]
            await self.cancel(other)
            await self.cancel(job)
            _, change = await stream.event()
            assert (change["job"]["id"], change["job"]["status"]) == (str(job.id), "canceled")

    async def test_it_replays_the_jobs_that_have_ended_since_the_last_event(self) -> None:
        old, new, active = [await self.make_job(self.alice) for _ in range(3)]
        for job in (old, new):
            await self.cancel(job)
        await Job.objects.filter(id=old.id).aupdate(
            finished_at=timezone.now() - timedelta(minutes=30)
        )
        since = str(int((time.time() - 600) * 1000))
        async with self.open(await self.token(), last_event_id=since) as stream:
            _, replayed = await stream.event()
            assert replayed["job"]["id"] == str(new.id)
            _, snapshot = await stream.event()
            assert [one["id"] for one in snapshot["jobs"]] == [str(active.id)]

    async def test_it_ignores_an_id_that_is_not_ours(self) -> None:
        for last_id in ("abc", "-1", "9" * 15, "1" * 40, "²"):
            async with self.open(await self.token(), last_event_id=last_id) as stream:
                _, data = await stream.event()
                assert data == {"type": "snapshot", "jobs": []}
            await sync_to_async(tokens.revoke_all)(user=self.alice)

    async def test_it_sends_comments_while_nothing_happens(self) -> None:
        with mock.patch.object(streams, "COMMENT_SECONDS", 0.01):
            async with self.open(await self.token()) as stream:
                await stream.event()
                assert await stream.block() == [": "]

    async def test_it_sends_a_snapshot_after_lost_messages(self) -> None:
        async with self.open(await self.token()) as stream:
            await stream.event()
            await sync_to_async(channel_layers.send_lost)([events.group(self.alice.pk)])
            _, data = await stream.event()
            assert data["type"] == "snapshot"


class TestAccess(EventStreamTestCase):
    async def assert_refused(self, stream: EventStreamClient, status: int, code: str) -> None:
        assert stream.status == status
        assert stream.headers["content-type"] == "application/problem+json"
        assert json.loads((await stream.body())["body"])["code"] == code

    async def test_it_refuses_whoever_is_not_signed_in(self) -> None:
        revoked = await self.token()
        await sync_to_async(tokens.revoke_all)(user=self.alice)
        writer = await self.token(scopes=[Scope.CREATE])
        async with self.open() as stream:
            await self.assert_refused(stream, 401, "not_authenticated")
        for token in ("nonsense", revoked):
            async with self.open(token) as stream:
                await self.assert_refused(stream, 401, "invalid_token")
        async with self.open(writer) as stream:
            await self.assert_refused(stream, 403, "missing_scope")
        staff = await sync_to_async(make_user)("staff@example.org", is_superuser=True)
        await sync_to_async(bans.ban)(user=self.alice, reason="spam", until=None, actor=staff)
        async with self.open(writer) as stream:
            await self.assert_refused(stream, 403, "account_banned")

    async def test_it_accepts_a_session(self) -> None:
        client = Client()
        await sync_to_async(client.force_login)(self.alice)
        cookie = f"sessionid={client.cookies['sessionid'].value}"
        async with self.open(cookie=cookie) as stream:
            assert stream.status == 200

    async def test_it_refuses_other_methods(self) -> None:
        async with self.open(await self.token(), method="POST") as stream:
            await self.assert_refused(stream, 405, "method_not_allowed")
            assert stream.headers["allow"] == "GET"

    async def test_it_counts_among_the_sockets(self) -> None:
        token = await self.token()
        with mock.patch.object(presence, "SLOTS", ConcurrencySlots("sockets", limit=1)):
            async with self.open(token) as first:
                assert first.status == 200
                async with self.open(token) as second:
                    await self.assert_refused(second, 429, "too_many_requests")
                    assert second.headers["retry-after"]

    async def test_it_ends_when_the_token_is_revoked(self) -> None:
        async with self.open(await self.token()) as stream:
            await stream.event()
            await sync_to_async(tokens.revoke_all)(user=self.alice)
            assert await stream.block() == []
