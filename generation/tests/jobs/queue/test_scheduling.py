"""Fair scheduling: which jobs are submitted next."""

from django.test import override_settings

from generation.jobs.engine import driver
from generation.models import Endpoint, Job, Status
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase, make_user


class TestScheduling(EmulatorTestCase):
    def order(self, user, *, count=1):
        request = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
        return [orders.place(user=user, request=request).jobs[0] for _ in range(count)]

    def test_it_lets_no_queue_of_one_user_delay_the_others(self):
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=6)
        crowd = make_user("crowd@example.org", credits=100)
        self.order(crowd, count=50)
        assert Job.objects.of(crowd).queued().count() == 50
        others = [make_user(f"guest{n}@example.org", credits=1) for n in range(5)]
        for user in others:
            self.order(user)

        submitted = [job.user_id for job in driver.submit("flux-schnell")]

        assert len(submitted) == 6
        assert set(submitted) == {crowd.id, *(user.id for user in others)}

    def test_it_takes_the_oldest_of_one_user_first(self):
        first, second = self.order(self.alice, count=2)

        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=1)
        assert [job.id for job in driver.submit("flux-schnell")] == [first.id]
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=2)
        assert [job.id for job in driver.submit("flux-schnell")] == [second.id]

    def test_it_submits_no_more_than_max_in_flight(self):
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=2)
        self.order(self.alice, count=3)

        assert [len(driver.submit("flux-schnell")) for _ in range(3)] == [2, 0, 0]
        assert Job.objects.filter(status=Status.QUEUED).count() == 1

    @override_settings(MAX_JOBS_AT_ONCE_PER_USER=5)
    def test_it_submits_no_more_than_max_in_flight_within_a_limit_of_users(self):
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=2)
        self.order(self.alice, count=3)

        assert [len(driver.submit("flux-schnell")) for _ in range(3)] == [2, 0, 0]
