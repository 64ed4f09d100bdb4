"""Nobody hears of others' jobs: every socket address × identity."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import TransactionTestCase

from generation.jobs.engine import job_control
from generation.jobs.live.routing import websocket
from generation.models import Job
from generation.testing.isolation import owned_data
from generation.testing.isolation.identities import IDENTITIES, LOCKED, LOCKED_TOKEN, Identity
from generation.testing.isolation.owned_data import MARK
from generation.testing.isolation.routes import socket_routes
from generation.testing.servers.event_stream import event_stream

UNAUTHENTICATED = 4401


class SocketsTestCase(TransactionTestCase):
    def setUp(self) -> None:
        self.data = owned_data.make()

    def headers(self, identity: Identity) -> list[tuple[bytes, bytes]]:
        headers = [(b"origin", settings.PUBLIC_URL.encode())]
        if identity.session:
            cookie = f"sessionid={self.data.sessions[identity.session]}"
            headers.append((b"cookie", cookie.encode()))
        if identity.token:
            bearer = f"Bearer {self.data.tokens[identity.token]}"
            headers.append((b"authorization", bearer.encode()))
        return headers

    async def open(self, path: str, identity: Identity) -> WebsocketCommunicator:
        socket = WebsocketCommunicator(websocket, path, headers=self.headers(identity))
        connected, _protocol = await socket.connect()
        assert connected
        return socket

    async def cancel_a_job(self) -> None:
        job = await Job.objects.aget(pk=self.data.values["queued"])
        await sync_to_async(job_control.cancel)(job=job, actor=self.data.owner)


@pytest.mark.slow
class TestSockets(SocketsTestCase):
    async def test_it_sends_the_owner_s_jobs_to_the_owner_alone(self) -> None:
        for path in socket_routes():
            sockets = {}
            for identity in (one for one in IDENTITIES if one not in (LOCKED, LOCKED_TOKEN)):
                socket = await self.open(path, identity)
                person = identity.api_person  # sockets take both sessions and tokens
                if person:
                    snapshot = await socket.receive_json_from(timeout=60)
                    assert bool(snapshot["jobs"]) == (person == "owner"), identity.name
                    assert (MARK in str(snapshot)) == (person == "owner"), identity.name
                    sockets[identity] = socket
                else:
                    await self.assert_is_closed(socket)
            await self.cancel_a_job()
            for identity, socket in sorted(sockets.items(), key=lambda one: one[0].name):
                if identity.api_person == "owner":
                    change = await socket.receive_json_from(timeout=60)
                    assert change["job"]["id"] == str(self.data.values["queued"])
            for identity, socket in sockets.items():
                # Whatever was sent to all of them has arrived before this reply.
                await socket.send_json_to({"type": "ping"})
                message = await socket.receive_json_from(timeout=60)
                assert message == {"type": "pong"}, identity.name
                await socket.send_json_to({"type": "snapshot", "user": str(self.data.owner.pk)})
                again = await socket.receive_json_from(timeout=60)
                assert (MARK in str(again)) == (identity.api_person == "owner"), identity.name
                await socket.disconnect()

    async def test_it_refuses_a_deactivated_owner(self) -> None:
        await sync_to_async(LOCKED.prepare)(self.data)
        for path in socket_routes():
            for identity in (LOCKED, LOCKED_TOKEN):
                await self.assert_is_closed(await self.open(path, identity))

    async def test_it_streams_the_owner_s_jobs_to_the_owner_alone(self) -> None:
        locked = (LOCKED, LOCKED_TOKEN)
        for identity in (one for one in IDENTITIES if one not in locked):
            async with event_stream(self.headers(identity)) as stream:
                person = identity.api_person
                assert stream.status == (200 if person else 401), identity.name
                if person:
                    _, snapshot = await stream.event()
                    assert (MARK in str(snapshot)) == (person == "owner"), identity.name
        await sync_to_async(LOCKED.prepare)(self.data)
        for identity in locked:
            async with event_stream(self.headers(identity)) as stream:
                assert stream.status == 401, identity.name

    async def assert_is_closed(self, socket: WebsocketCommunicator) -> None:
        message: dict[str, Any] = await socket.receive_output(timeout=60)
        assert (message["type"], message["code"]) == ("websocket.close", UNAUTHENTICATED)


class TestControl(SocketsTestCase):
    async def test_it_finds_a_socket_that_is_in_another_user_s_group(self) -> None:
        """A group name that does not depend on the user delivers to everybody."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("generation.jobs.live.events.group", lambda user_id: "everybody")
            (path,) = socket_routes()
            socket = await self.open(path, IDENTITIES[3])
            assert (await socket.receive_json_from(timeout=60))["jobs"] == []
            owners = await self.open(path, IDENTITIES[0])
            await owners.receive_json_from(timeout=60)
            await self.cancel_a_job()
            assert MARK in str(await socket.receive_json_from(timeout=60))
            await socket.disconnect()
            await owners.disconnect()
