"""Events of jobs reach the sockets of their own users."""

from channels.layers import get_channel_layer
from django.conf import settings
from redis import Redis
from redis.client import PubSub

from accounts.models import User
from artgen.redis.channel_layers import send_to_group
from generation.jobs.live import events, presence
from generation.testing.cases import EmulatorTestCase, work

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

    def received(self, user: User, messages: PubSub) -> set[str]:
        """Return the ids of the jobs of all events that the user's socket has."""
        layer = get_channel_layer()
        send_to_group(events.group(user.id), END)
        ids = set()
        while (event := layer.deserialize(messages.get_message(timeout=None)["data"])) != END:
            ids.add(event["job"]["id"])
        return ids

    def test_it_sends_the_jobs_of_one_batch_to_their_own_users(self) -> None:
        messages = {user.id: self.listen(user) for user in (self.alice, self.bob)}
        jobs = {user.id: self.place(user=user) for user in (self.alice, self.bob)}

        work()  # submits both at once

        assert len(self.emulator.jobs) == len(jobs)
        for user in (self.alice, self.bob):
            assert self.received(user, messages[user.id]) == {str(jobs[user.id].id)}
