"""Events of jobs reach the sockets of their own users."""

import base64
import io
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from django.test import override_settings
from PIL import Image as Pillow
from redis import Redis
from redis.client import PubSub

from accounts.models import User
from artgen.redis.channel_layers import send_to_group
from generation import tasks
from generation.jobs.live import events, presence
from generation.models import Endpoint, Status
from generation.testing.cases import EmulatorTestCase, run_messages, run_task, work
from generation.testing.rows.endpoints import MODEL, STREAMED, add_endpoint

END = {"type": "end"}


class TestEvents(EmulatorTestCase):
    def listen(self, user: User) -> PubSub:
        """Open a socket of the user, as the consumer does; return what Redis sends to it."""
        slot = presence.SLOTS.new(user.id, label=presence.label(user))
        self.addCleanup(presence.SLOTS.close, slot)
        presence.SLOTS.claim([slot])
        messages = self.enterContext(Redis.from_url(settings.REDIS_URL)).pubsub()
        messages.subscribe(f"asgi__group__{events.group(user.id)}")
        messages.get_message(timeout=None)  # that it has subscribed
        return messages

    def events(self, user: User, messages: PubSub) -> list[dict[str, Any]]:
        """Return all events that the user's socket has."""
        layer = get_channel_layer()
        send_to_group(events.group(user.id), END)
        received = []
        while (event := layer.deserialize(messages.get_message(timeout=None)["data"])) != END:
            received.append(event)
        return received

    def received(self, user: User, messages: PubSub) -> set[str]:
        """Return the ids of the jobs of all events that the user's socket has."""
        return {event["job"]["id"] for event in self.events(user, messages)}

    def test_the_image_so_far_reaches_its_owner_alone(self) -> None:
        address = self.emulator.image_server_url
        self.enterContext(override_settings(IMAGE_SERVER_URL=address, IMAGE_SERVER_API_KEY="test"))
        Endpoint.objects.filter(model__slug=MODEL).update(preference=1)
        server = {"endpoint_id": "sd-3.5-large", "expected_cost": {"per_image": "0.004"}}
        add_endpoint(provider="image_server", preference=0, request_format=STREAMED, **server)
        messages = {user.id: self.listen(user) for user in (self.alice, self.bob)}
        job = self.place(user=self.alice)

        run_task(tasks.submit, MODEL)
        run_messages()

        assert self.received(self.bob, messages[self.bob.id]) == set()
        previews = [
            (event["job"]["progress"], event["preview"])
            for event in self.events(self.alice, messages[self.alice.id])
            if "preview" in event
        ]
        ((progress, address),) = previews  # the second one came within half a second
        assert progress == pytest.approx(1 / 3)
        data = base64.b64decode(address.removeprefix("data:image/jpeg;base64,"))
        with Pillow.open(io.BytesIO(data)) as preview:
            assert (preview.format, preview.size) == ("JPEG", (256, 256))
        job.refresh_from_db()
        assert (job.status, job.progress) == (Status.SUCCEEDED, None)

    def test_it_sends_the_jobs_of_one_batch_to_their_own_users(self) -> None:
        messages = {user.id: self.listen(user) for user in (self.alice, self.bob)}
        jobs = {user.id: self.place(user=user) for user in (self.alice, self.bob)}

        work()  # submits both at once

        assert len(self.emulator.jobs) == len(jobs)
        for user in (self.alice, self.bob):
            assert self.received(user, messages[user.id]) == {str(jobs[user.id].id)}
