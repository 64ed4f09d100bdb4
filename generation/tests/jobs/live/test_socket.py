"""The socket in this process: who gets in, and that nobody stays in whose right has ended."""

import asyncio
import contextlib
from collections import Counter
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client, TransactionTestCase
from django.utils import timezone

from accounts.tokens import tokens
from accounts.user_data import deletion
from artgen.redis import channel_layers
from generation.jobs.live import consumers, events, presence
from generation.jobs.live.routing import websocket
from generation.models import Job, Status
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows.api import make_job

pytestmark = pytest.mark.slow

PASSWORDS = {
    "oldpassword": "password",
    "password1": "a new long password",
    "password2": "a new long password",
}


class SocketTestCase(TransactionTestCase):
    def setUp(self) -> None:
        self.alice = make_user("alice@example.org")
        self.bob = make_user("bob@example.org")

    def with_token(self, text: str) -> WebsocketCommunicator:
        return WebsocketCommunicator(
            websocket, "/ws/jobs/", headers=[(b"authorization", f"Bearer {text}".encode())]
        )

    def with_cookie(
        self, client: Client, *, origin: str = settings.PUBLIC_URL, name: str = "sessionid"
    ) -> WebsocketCommunicator:
        cookie = f"{name}={client.cookies['sessionid'].value}"
        headers = [(b"cookie", cookie.encode())]
        headers += [(b"origin", origin.encode())] if origin else []
        return WebsocketCommunicator(websocket, "/ws/jobs/", headers=headers)

    async def open(self, socket: WebsocketCommunicator) -> WebsocketCommunicator:
        connected, _protocol = await socket.connect()
        assert connected
        assert await socket.receive_json_from(timeout=60) == {"type": "snapshot", "jobs": []}
        return socket

    async def assert_closes(self, socket: WebsocketCommunicator, code: int) -> None:
        message = await socket.receive_output(timeout=60)
        assert (message["type"], message["code"]) == ("websocket.close", code)
        await socket.disconnect()

    async def assert_is_refused(self, socket: WebsocketCommunicator) -> None:
        await socket.connect()
        await self.assert_closes(socket, 4401)

    async def assert_stays_open(self, socket: WebsocketCommunicator) -> None:
        await socket.send_json_to({"type": "ping"})
        assert await socket.receive_json_from(timeout=60) == {"type": "pong"}
        await socket.disconnect()

    async def signed_in(self) -> Client:
        client = Client()
        await sync_to_async(client.force_login)(self.alice)
        return client


class TestOrigin(SocketTestCase):
    async def test_it_accepts_a_cookie_from_pages_of_the_public_address(self) -> None:
        await self.assert_stays_open(await self.open(self.with_cookie(await self.signed_in())))

    async def test_it_refuses_a_cookie_from_anywhere_else(self) -> None:
        client = await self.signed_in()
        for origin in (
            "https://127.0.0.1:8000",
            "http://127.0.0.1",
            "http://127.0.0.1:8001",
            "http://localhost:8000",  # an allowed host
            "http://127.0.0.1.evil.example:8000",
            "https://evil.example",
            "null",
            "",
        ):
            connected, _code = await self.with_cookie(client, origin=origin).connect()
            assert not connected, origin

    async def test_only_the_origin_keeps_them_out(self) -> None:
        client = await self.signed_in()
        socket = self.with_cookie(client, origin="https://evil.example")
        socket.scope["headers"].append((b"authorization", b"Bearer nonsense"))
        connected, _protocol = await socket.connect()
        assert connected, "with a token, which no foreign page has, the origin does not matter"
        await self.assert_closes(socket, 4401)


class TestEnd(SocketTestCase):
    async def test_it_closes_when_its_token_expires(self) -> None:
        issue = sync_to_async(tokens.issue)
        lasting = await self.open(self.with_token(await issue(user=self.alice, name="lasting")))
        end = timezone.now() + timedelta(seconds=2)
        text = await issue(user=self.alice, name="short", expires_at=end)
        socket = await self.open(self.with_token(text))
        await self.assert_closes(socket, 4401)
        await self.assert_is_refused(self.with_token(text))
        await self.assert_stays_open(lasting)

    async def test_it_closes_when_its_token_is_revoked(self) -> None:
        issue, revoke = sync_to_async(tokens.issue), sync_to_async(tokens.revoke)
        revoked, other = (
            await issue(user=self.alice, name="old"),
            await issue(user=self.alice, name="other"),
        )
        bobs = await self.open(self.with_token(await issue(user=self.bob, name="bob's")))
        sockets = [await self.open(self.with_token(text)) for text in (revoked, other)]
        await revoke(user=self.alice, name="old")
        for socket in sockets:
            await self.assert_closes(socket, 4012)
        await self.assert_is_refused(self.with_token(revoked))
        await self.assert_stays_open(await self.open(self.with_token(other)))
        await self.assert_stays_open(bobs)

    async def test_it_closes_when_its_user_signs_out(self) -> None:
        client = await self.signed_in()
        cookie = self.with_cookie(client)
        again = self.with_cookie(client)
        socket = await self.open(cookie)
        await sync_to_async(client.post)("/accounts/logout/")
        await self.assert_closes(socket, 4012)
        await self.assert_is_refused(again)

    async def test_it_closes_on_other_devices_when_the_password_changes(self) -> None:
        here, there = await self.signed_in(), await self.signed_in()
        socket, again = await self.open(self.with_cookie(there)), self.with_cookie(there)
        response = await sync_to_async(here.post)("/accounts/password_change/", PASSWORDS)
        assert response.status_code == 302
        await self.assert_closes(socket, 4012)
        await self.assert_is_refused(again)
        await self.assert_stays_open(await self.open(self.with_cookie(here)))

    async def test_it_closes_when_the_account_is_locked(self) -> None:
        client = await self.signed_in()
        text = await sync_to_async(tokens.issue)(user=self.alice, name="laptop")
        sockets = [
            await self.open(self.with_cookie(client)),
            await self.open(self.with_token(text)),
        ]
        await sync_to_async(deletion.close)(user=self.alice, after=deletion.GRACE)
        for socket in sockets:
            await self.assert_closes(socket, 4012)
        for again in (self.with_cookie(client), self.with_token(text)):
            await self.assert_is_refused(again)


class TestPagesOfOthers(SocketTestCase):
    async def test_it_lets_a_page_hear_of_its_own_user_alone(self):
        client = Client()
        await sync_to_async(client.force_login)(self.alice)
        cookie = f"sessionid={client.cookies['sessionid'].value}"
        headers = [(b"cookie", cookie.encode()), (b"origin", settings.PUBLIC_URL.encode())]
        own = WebsocketCommunicator(websocket, f"/ws/jobs/?user={self.alice.pk}", headers=headers)
        await self.open(own)
        await own.disconnect()
        left = WebsocketCommunicator(websocket, f"/ws/jobs/?user={self.bob.pk}", headers=headers)
        await self.assert_is_refused(left)

    async def test_it_sends_the_snapshot_again_when_asked(self):
        client = Client()
        await sync_to_async(client.force_login)(self.alice)
        socket = await self.open(self.with_cookie(client))
        await socket.send_json_to({"type": "snapshot"})
        assert await socket.receive_json_from(timeout=60) == {"type": "snapshot", "jobs": []}
        await socket.disconnect()


class TestLostMessages(SocketTestCase):
    def make_jobs(self) -> tuple[Job, Job]:
        load_catalog()
        before = timezone.now() - timedelta(hours=1)
        make_job(self.alice, status=Status.CANCELED, finished_at=before)
        make_job(self.bob, status=Status.CANCELED)
        return make_job(self.alice), make_job(self.alice, status=Status.CANCELED)

    def lose_messages(self) -> None:
        channel_layers.send_lost([events.group(self.alice.pk)])

    async def test_it_sends_the_jobs_that_ended_meanwhile_and_a_snapshot(self):
        text = await sync_to_async(tokens.issue)(user=self.alice, name="laptop")
        socket = await self.open(self.with_token(text))
        active, ended = await sync_to_async(self.make_jobs)()
        await sync_to_async(self.lose_messages)()
        end, snapshot = [await socket.receive_json_from(timeout=60) for _ in range(2)]
        assert (end["type"], end["job"]["id"]) == ("job", str(ended.id))
        assert [job["id"] for job in snapshot["jobs"]] == [str(active.id)]
        await self.assert_stays_open(socket)

    async def test_it_closes_if_its_user_was_signed_out_meanwhile(self):
        client = await self.signed_in()
        socket = await self.open(self.with_cookie(client))
        await sync_to_async(client.session.flush)()
        await sync_to_async(self.lose_messages)()
        await self.assert_closes(socket, 4012)


class TestPresence(SocketTestCase):
    async def test_it_is_present_before_its_snapshot_is_read_and_counted_until_it_ends(self):
        text = await sync_to_async(tokens.issue)(user=self.alice, name="laptop")
        first, second = [await self.open(self.with_token(text)) for _ in range(2)]
        present = await sync_to_async(presence.present)([self.alice.pk, self.bob.pk])
        assert set(present) == {self.alice.pk}
        await first.disconnect()
        assert len(presence.SLOTS.open[self.alice.pk]) == 1
        await second.disconnect()
        assert self.alice.pk not in presence.SLOTS.open

    async def test_it_is_counted_no_longer_when_it_breaks_off_while_it_is_opened(self):
        text = await sync_to_async(tokens.issue)(user=self.alice, name="laptop")
        socket = self.with_token(text)
        await socket.send_input({"type": "websocket.connect"})
        await socket.receive_output(timeout=60)
        socket.future.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await socket.future
        assert self.alice.pk not in presence.SLOTS.open

    async def test_it_never_counts_those_it_does_not_know(self):
        await self.assert_is_refused(self.with_token("ag_made-up"))
        assert self.alice.pk not in presence.SLOTS.open


class TestLimits(SocketTestCase):
    async def token(self, user):
        return await sync_to_async(tokens.issue)(user=user, name="laptop")

    async def test_it_closes_more_sockets_of_one_user_than_twenty(self):
        text = await self.token(self.alice)
        sockets = [await self.open(self.with_token(text)) for _ in range(presence.MAX_SOCKETS)]
        for _ in range(2):
            further = self.with_token(text)
            assert (await further.connect())[0]
            await self.assert_closes(further, 4429)
            await further.disconnect()
        bobs = await self.open(self.with_token(await self.token(self.bob)))
        await self.assert_stays_open(bobs)
        await sockets.pop().disconnect()
        sockets.append(await self.open(self.with_token(text)))
        for socket in sockets:
            await self.assert_stays_open(socket)
        assert self.alice.pk not in presence.SLOTS.open

    async def test_it_opens_no_more_than_twenty_at_the_same_moment(self):
        text = await self.token(self.alice)
        sockets = [self.with_token(text) for _ in range(presence.MAX_SOCKETS + 10)]
        await asyncio.gather(*(socket.connect() for socket in sockets))
        outputs = await asyncio.gather(*(socket.receive_output(timeout=20) for socket in sockets))
        codes = [output.get("code") for output in outputs]
        assert Counter(codes) == {None: presence.MAX_SOCKETS, 4429: 10}
        for socket in sockets:
            await socket.disconnect()

    async def test_it_sends_one_snapshot_a_second_however_many_are_requested(self):
        clock = asyncio.get_running_loop().time
        before = clock()  # the first snapshot, from which on it counts, is sent later
        socket = await self.open(self.with_token(await self.token(self.alice)))
        for _ in range(5):
            await socket.send_json_to({"type": "snapshot"})
        await socket.send_json_to({"type": "ping"})
        assert await socket.receive_json_from(timeout=60) == {"type": "pong"}
        assert await socket.receive_json_from(timeout=60) == {"type": "snapshot", "jobs": []}
        assert clock() - before > consumers.SNAPSHOT_PAUSE_SECONDS
        assert await socket.receive_nothing(timeout=0.1)
        await self.assert_stays_open(socket)

    async def test_it_closes_a_socket_that_sends_too_many_messages(self):
        text = await self.token(self.alice)
        for message in ({"text": '{"type": "ping"}'}, {"text": "no json"}, {"bytes": b"x"}):
            socket = await self.open(self.with_token(text))
            for _ in range(3 * consumers.MAX_MESSAGES_PER_SECOND):
                await socket.send_input({"type": "websocket.receive", **message})
            output = await socket.receive_output(timeout=60)
            while output["type"] != "websocket.close":
                output = await socket.receive_output(timeout=60)
            assert output["code"] == 4429
            await socket.disconnect()
        await self.assert_stays_open(await self.open(self.with_token(text)))
