"""Events of jobs reach the sockets of their own users."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.test import override_settings

from accounts.models import User
from artgen.testing.cases import EmulatorTestCase, work
from generation.jobs import events, presence

IN_MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@override_settings(CHANNEL_LAYERS=IN_MEMORY)
class TestEvents(EmulatorTestCase):
    def listen(self, user: User) -> None:
        """Open a socket of the user, as the consumer does."""
        presence.opened(user.id, ("en", ""), limit=20)
        self.addCleanup(presence.closed, user.id)
        presence.announce([user.id])
        async_to_sync(get_channel_layer().group_add)(events.group(user.id), user.id.hex)

    def received(self, user: User) -> set[str]:
        """Return the ids of the jobs of all events that the user's socket has."""
        layer = get_channel_layer()
        queue = layer.channels[user.id.hex]
        return {
            async_to_sync(layer.receive)(user.id.hex)["job"]["id"] for _ in range(queue.qsize())
        }

    def test_it_sends_the_jobs_of_one_batch_to_their_own_users(self) -> None:
        self.listen(self.alice)
        self.listen(self.bob)
        jobs = {user.id: self.place(user=user) for user in (self.alice, self.bob)}

        work()  # submits both at once

        assert len(self.emulator.jobs) == len(jobs)
        for user in (self.alice, self.bob):
            assert self.received(user) == {str(jobs[user.id].id)}
