"""The queue of each model: positions of waiting jobs, and what is at RunPod."""

import pickle
from collections import Counter
from datetime import timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from accounts.tokens import tokens
from generation.jobs.engine import driver
from generation.jobs.queue import model_queues, queue_positions
from generation.models import Endpoint, ImageModel, Job, Status
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase, make_user


class TestModelQueue(EmulatorTestCase):
    def order(self, user, *, count=1):
        request = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
        return [orders.place(user=user, request=request).jobs[0] for _ in range(count)]

    def test_it_has_positions_in_the_order_of_submission(self):
        a1, a2 = self.order(self.alice, count=2)
        (b1,) = self.order(self.bob)

        assert model_queues.current([a1.model_id])[a1.model_id].positions == {
            a1.id: 0,
            b1.id: 1,
            a2.id: 2,
        }

    def test_it_counts_jobs_at_provider_against_their_user(self):
        a1, a2 = self.order(self.alice, count=2)
        (b1,) = self.order(self.bob)
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=1)
        driver.submit("flux-schnell")

        assert model_queues.current([a1.model_id])[a1.model_id].positions == {b1.id: 0, a2.id: 1}

    def test_it_gives_a_new_job_its_exact_place(self):
        """As the simulation of the whole queue finds it, for any queue and any order."""
        random = Random(11)
        users = [self.alice, self.bob, make_user("carol@example.org", credits=500)]
        request = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
        other = {"model": "z-image-turbo", "prompt": "fog"}
        model = ImageModel.objects.get(slug="flux-schnell")
        for _step in range(25):
            Endpoint.objects.filter(model=model).update(max_in_flight=random.randrange(8))
            driver.submit("flux-schnell")
            requests = random.choices([request, other], [4, 1], k=random.randrange(1, 5))
            user, numbers = random.choice(users), Counter[int]()
            before = model_queues.current(ImageModel.objects.values_list("pk", flat=True))
            jobs = orders.place_batch(user=user, requests=requests).jobs
            expected = model_queues.current({job.model_id for job in jobs})
            for job in jobs:
                numbers[job.model_id] += 1
                position = before[job.model_id].position_of_next(
                    user.pk, number=numbers[job.model_id]
                )
                assert job.first_position == position
                assert expected[job.model_id].positions.position_of(job.id) == position

    def test_it_has_the_time_at_which_each_job_was_submitted(self):
        jobs = self.order(self.alice, count=3)
        driver.submit("flux-schnell")
        now = timezone.now()
        for ago, job in enumerate(jobs):
            Job.objects.filter(pk=job.pk).update(submitted_at=now - timedelta(seconds=ago))
        Job.objects.filter(pk=jobs[2].pk).update(status=Status.RUNNING)
        queue = model_queues.current([jobs[0].model_id])[jobs[0].model_id]
        assert (queue.running, queue.at_provider) == (1, 3)
        assert [round(now.timestamp() - at, 3) for at in queue.sent_at] == [1, 0]
        assert queue.sent_before(now.timestamp()) == 1

    def test_it_gives_the_reply_a_current_position_while_the_queue_is_cached(self):
        headers = {"Authorization": f"Bearer {tokens.issue(user=self.alice, name='place')}"}
        self.order(self.bob, count=3)
        body = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
        places = [
            self.client.post(
                "/api/v1/jobs/", body, content_type="application/json", headers=headers
            ).json()["queue_position"]
            for _n in range(3)
        ]
        assert places == [1, 3, 5]

    def test_it_is_warm_while_a_gpu_works_and_for_a_minute_after(self):
        (job,) = self.order(self.alice)
        now = timezone.now()
        warm = []
        for fields in (
            {"status": Status.RUNNING},
            {
                "status": Status.SUCCEEDED,
                "due_at": None,
                "finished_at": now - timedelta(seconds=50),
            },
            {
                "status": Status.SUCCEEDED,
                "due_at": None,
                "finished_at": now - timedelta(seconds=70),
            },
        ):
            Job.objects.filter(id=job.id).update(**fields)
            warm.append(model_queues.current([job.model_id])[job.model_id].warm)
        assert warm == [True, True, False]


def test_it_finds_positions_of_whole_ids_only() -> None:
    first, second = UUID(int=0x01020304 << 96), UUID(int=0x01020304)
    across = UUID(bytes=(first.bytes + second.bytes)[4:20])
    positions = pickle.loads(pickle.dumps(queue_positions.Positions([first, second])))
    assert dict(positions) == {first: 0, second: 1}
    assert (positions[second], len(positions), positions.get(across), across in positions) == (
        1,
        2,
        None,
        False,
    )
    assert queue_positions.Positions([first, second, across])[across] == 2
    assert queue_positions.Positions() == {}
