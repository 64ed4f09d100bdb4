"""Whatever a client sends over the socket: it stays open, or it is closed with a code."""

import json
from unittest.mock import patch

import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.conf import settings as site
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from accounts.tokens import tokens
from generation.jobs.live import consumers
from generation.jobs.live.routing import websocket
from generation.testing.cases import make_user
from generation.testing.hostile import ANY_TEXT, any_json

pytestmark = pytest.mark.slow
some = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
messages = (
    any_json(["type", "ping", "snapshot", "jobs"]).map(json.dumps)
    | ANY_TEXT.filter(lambda text: text and text.isprintable())
    | st.sampled_from(["[" * 100_000, '{"type": ["ping"]}', '{"type": {"a": 1}}', "1" * 5000])
)
UNAUTHENTICATED = 4401


class TestAnyMessage(TransactionTestCase):
    @some
    @given(
        st.lists(messages | st.binary(min_size=1, max_size=40), min_size=3, max_size=9)
    )  # below the limit
    @example(["[" * 100_000, '{"a":' * 100_000])
    def test_it_answers_pings_whatever_came_before(self, sent: list[str | bytes]) -> None:
        token = tokens.issue(user=make_user("alice@example.org"), name="test")
        with patch.object(consumers, "MAX_MESSAGES_PER_SECOND", 1000):
            async_to_sync(self.send)(token, sent)

    async def send(self, token: str, sent: list[str | bytes]) -> None:
        headers = [(b"authorization", f"Bearer {token}".encode())]
        socket = WebsocketCommunicator(websocket, "/ws/jobs/", headers=headers)
        assert (await socket.connect(timeout=60))[0]
        assert (await socket.receive_json_from(timeout=60))["type"] == "snapshot"
        for message in sent:
            if isinstance(message, bytes):
                await socket.send_to(bytes_data=message)
            else:
                await socket.send_to(text_data=message)
        await socket.send_json_to({"type": "ping"})
        answers = [await socket.receive_json_from(timeout=60)]
        while answers[-1]["type"] != "pong":
            answers.append(await socket.receive_json_from(timeout=60))
        assert {answer["type"] for answer in answers} <= {"snapshot", "pong"}
        await socket.disconnect()

    @some
    @given(
        cookie=st.binary(max_size=60) | st.builds(b"sessionid=".__add__, st.binary(max_size=40)),
        bearer=st.none() | st.binary(max_size=40),
        query=st.binary(max_size=30),
    )
    @example(cookie=b"sessionid=" + b"\0" * 32, bearer=None, query=b"")
    @example(cookie=b'sessionid="abcdefgh\\000abcdefgh"', bearer=None, query=b"")
    @example(cookie=b"sessionid=" + b"\xff" * 32, bearer=None, query=b"user=\xff")
    @example(cookie=b"", bearer=b"\xff\0", query=b"")
    def test_it_refuses_whoever_it_does_not_know(
        self, cookie: bytes, bearer: bytes | None, query: bytes
    ) -> None:
        async_to_sync(self.knock)(cookie, bearer, query)

    async def knock(self, cookie: bytes, bearer: bytes | None, query: bytes) -> None:
        headers = [(b"cookie", cookie), (b"origin", site.PUBLIC_URL.encode())]
        if bearer is not None:
            headers.append((b"authorization", b"Bearer " + bearer))
        socket = WebsocketCommunicator(websocket, "/ws/jobs/", headers=headers)
        socket.scope["query_string"] = query
        assert (await socket.connect(timeout=60))[0]
        message = await socket.receive_output(timeout=60)
        assert (message["type"], message["code"]) == ("websocket.close", UNAUTHENTICATED)
