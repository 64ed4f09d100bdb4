"""Jobs are submitted in the order that the queue shows, whatever waits and whatever has room."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from generation.jobs.engine import driver
from generation.jobs.queue import model_queues
from generation.jobs.queue.model_queues import ModelQueue
from generation.models import Budget, Endpoint, ImageModel, Job, Period, Status
from generation.testing.cases import EmulatorTestCase, make_user
from generation.testing.rows.endpoints import MODEL, add_endpoint

COST = Decimal("0.3")


class Step(NamedTuple):
    """What happens before a submission."""

    places: list[tuple[int, bool]]  # the users who place a job each, and whether when there is room
    rooms: tuple[int, int]  # of the endpoints
    ends: int  # jobs at the endpoints that end, the oldest first
    deferred: int  # waiting jobs that are tried again later, the oldest first


STEPS = st.lists(
    st.builds(
        Step,
        places=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=5),
        rooms=st.tuples(st.integers(0, 4), st.integers(0, 3)),
        ends=st.integers(0, 4),
        deferred=st.integers(0, 2),
    ),
    min_size=2,
    max_size=4,
)


@pytest.mark.slow
class TestShownOrder(EmulatorTestCase):
    """Bob has a limit of jobs at once; a budget pays for some of carol's jobs."""

    def setUp(self) -> None:
        super().setUp()
        self.carol, dave = (
            make_user(f"{name}@example.org", credits=100_000) for name in ("carol", "dave")
        )
        User.objects.update(credits=100_000)
        self.users = [self.alice, self.bob, self.carol, dave]
        self.group = Group.objects.create(name="class")
        self.group.user_set.add(self.carol)
        first = Endpoint.objects.get(model__slug=MODEL)
        self.endpoints = [first, add_endpoint(endpoint_id="black-forest-labs-flux-1-dev")]
        ImageModel.objects.filter(slug=MODEL).update(
            expected_cost={"per_image": str(COST)}, background_discount=50
        )
        self.model_id = first.model_id

    def queue(self) -> ModelQueue:
        return model_queues.current([self.model_id])[self.model_id]

    def submit_after(self, step: Step, *, at_once: int, afforded: int) -> None:
        for number, background in step.places:
            expected = self.queue().position_of_next(self.users[number].pk)
            job = self.place(user=self.users[number], background=background)
            assert background or job.first_position == expected
            expected = job.first_position
            assert self.queue().positions.position_of(job.id) == expected
        later = Job.objects.queued().order_by("created_at")[: step.deferred]
        now = timezone.now()
        Job.objects.queued().update(due_at=now)
        Job.objects.filter(pk__in=[job.pk for job in later]).update(
            due_at=now + timedelta(minutes=1)
        )
        # Those of carol stay: what they cost counts against the budget.
        ends = (
            Job.objects.at_provider().exclude(user=self.carol).order_by("created_at")[: step.ends]
        )
        Job.objects.filter(pk__in=[job.pk for job in ends]).update(
            status=Status.SUCCEEDED, due_at=None, finished_at=timezone.now()
        )
        at_work = list(Job.objects.at_provider())
        rooms = 0
        for endpoint, room in zip(self.endpoints, step.rooms, strict=True):
            Endpoint.objects.filter(pk=endpoint.pk).update(max_in_flight=room)
            rooms += max(0, room - sum(job.endpoint_id == endpoint.pk for job in at_work))
        busy = Counter(job.user_id for job in at_work)
        limits = {self.bob.pk: at_once, self.carol.pk: afforded}
        expected_ids = list[UUID]()
        line = Job.objects.in_bulk(self.queue().positions)
        is_busy = any(not job.background for job in line.values())
        for job_id in self.queue().positions:
            job = line[job_id]
            if job.background and (at_work or expected_ids or is_busy):
                break  # nothing else of the model is there or waits
            if len(expected_ids) < rooms and busy[job.user_id] < limits.get(job.user_id, 100):
                expected_ids.append(job_id)
                busy[job.user_id] += 1
        taken = {job.pk for job in driver.submit(MODEL)}
        assert taken == set(expected_ids)

    def test_it_submits_in_the_order_that_it_shows(self) -> None:
        @given(steps=STEPS, at_once=st.integers(1, 3), afforded=st.integers(0, 3))
        @settings(max_examples=12, deadline=None)
        def check(steps: list[Step], at_once: int, afforded: int) -> None:
            with transaction.atomic():
                User.objects.filter(pk=self.bob.pk).update(max_jobs_at_once=at_once)
                limit = COST * afforded + COST / 2
                Budget.objects.create(group=self.group, period=Period.DAY, limit_usd=limit)
                for step in steps:
                    self.submit_after(step, at_once=at_once, afforded=afforded)
                transaction.set_rollback(True)

        check()
