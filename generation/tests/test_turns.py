"""Fair turns: whose job is next, and what place in the line a job has."""

from django.core.cache import cache

from artgen.test import EmulatorTestCase, make_user
from generation import driver, orders, turns
from generation.models import ImageModel, Job, Status


class TurnsTests(EmulatorTestCase):
    def order(self, user, *, count=1):
        request = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
        return [orders.place(user=user, request=request).jobs[0] for _ in range(count)]

    def test_it_lets_no_queue_of_one_user_delay_the_others(self):
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=21)
        crowd = make_user("crowd@example.org", credits=600)
        with self.settings(MAX_WAITING_PER_USER=500):
            request = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
            for _ in range(100):
                orders.place_batch(user=crowd, requests=[request] * 5)
        self.assertEqual(Job.objects.of(crowd).queued().count(), 500)
        others = [make_user(f"guest{n}@example.org", credits=1) for n in range(20)]
        for user in others:
            self.order(user)

        submitted = [job.user_id for job in driver.submit("flux-schnell")]

        self.assertEqual(len(submitted), 21)
        self.assertEqual(set(submitted), {crowd.id, *(user.id for user in others)})

    def test_it_takes_the_oldest_of_one_user_first(self):
        first, second = self.order(self.alice, count=2)

        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=1)
        self.assertEqual([job.id for job in driver.submit("flux-schnell")], [first.id])
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=2)
        self.assertEqual([job.id for job in driver.submit("flux-schnell")], [second.id])

    def test_it_submits_no_more_than_max_in_flight(self):
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=2)
        self.order(self.alice, count=3)

        self.assertEqual([len(driver.submit("flux-schnell")) for _ in range(3)], [2, 0, 0])
        self.assertEqual(Job.objects.filter(status=Status.QUEUED).count(), 1)

    def test_it_tells_the_positions_in_the_order_of_the_turns(self):
        a1, a2 = self.order(self.alice, count=2)
        (b1,) = self.order(self.bob)
        cache.clear()

        self.assertEqual(turns.line(a1.model_id).positions, {a1.id: 0, b1.id: 1, a2.id: 2})

    def test_it_counts_what_a_user_has_at_runpod_against_his_place(self):
        a1, a2 = self.order(self.alice, count=2)
        (b1,) = self.order(self.bob)
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=1)
        driver.submit("flux-schnell")
        cache.clear()

        self.assertEqual(turns.line(a1.model_id).positions, {b1.id: 0, a2.id: 1})
