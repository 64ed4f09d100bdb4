"""Waiting times from a history and a queue, without a database."""

from array import array
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from generation.jobs import eta
from generation.jobs.eta import Basis, Eta, Forecast, History
from generation.jobs.eta.distributions import Distribution
from generation.jobs.queue.model_queues import ModelQueue, UserLimit
from generation.jobs.queue.queue_positions import Positions
from generation.models import ImageModel, Job, Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = Distribution.of([50, 55, 58, 60, 60, 60, 62, 65, 70])
SIZE = eta.size_of(1024, 1024, None)
OTHER = 2  # a model
HISTORY = History(
    service=MINUTE,
    by_size={SIZE: MINUTE},
    storing=Distribution.of([1, 2, 3]),
    starts={
        True: Distribution.of([1.0, 1.0, 1.0]),
        False: Distribution.of([30.0, 40.0, 50.0]),
    },
    at_once=2,
)


def model(**fields) -> ImageModel:
    return ImageModel(**{"pk": 1, "typical_seconds": 20, **fields})


def forecast(
    *,
    history=HISTORY,
    running=0,
    sent=(),
    warm=True,
    blocked=False,
    users=None,
    limits=None,
    positions=None,
):
    queue = ModelQueue(
        running=running,
        sent_at=array("d", [(NOW - timedelta(seconds=ago)).timestamp() for ago in sorted(sent)]),
        warm=warm,
        max_in_flight=8,
        blocked=blocked,
        positions=positions or Positions(),
        users=users or {},
        limits=limits or {},
    )
    return Forecast(histories={1: history}, queues={1: queue})


def job(status=Status.QUEUED, *, ago=0.0, **fields) -> Job:
    moment = NOW - timedelta(seconds=ago)
    known = {
        Status.QUEUED: {"first_position": (0, 0)},
        Status.SUBMITTED: {"submitted_at": moment},
        Status.RUNNING: {"submitted_at": moment, "started_at": moment},
        Status.STORING: {"submitted_at": moment, "delay_ms": 0, "execution_ms": 0},
    }[status]
    position = fields.pop("first_position", known.pop("first_position", None))
    limit = fields.pop("first_limit", None)
    one = Job(
        status=status, model=model(), width=1024, height=1024, created_at=NOW, **known, **fields
    )
    one.first_position, one.first_limit = position, limit
    return one


class TestBasis:
    def test_it_takes_jobs_of_the_size_then_of_the_model_then_the_catalog(self):
        assert forecast().of_order(model(), now=NOW, size=SIZE).basis is Basis.SIZE
        assert forecast().of_order(model(), now=NOW, size=SIZE + 4).basis is Basis.MODEL
        unknown = forecast(history=History()).of_order(model(), now=NOW, size=SIZE)
        assert unknown == Eta(20, 32, Basis.CATALOG)


class TestLine:
    def test_it_counts_on_as_many_at_once_as_were_seen(self):
        """Not on `max_in_flight`, which is 8 here and 2 in truth."""
        free = forecast().of_order(model(), now=NOW, size=SIZE)
        second = forecast().of_order(model(), now=NOW, size=SIZE, count=2)
        fourth = forecast().of_order(model(), now=NOW, size=SIZE, count=4)
        assert free == second
        assert fourth.p50 == free.p50 + 60  # the first two must end
        never_seen = History(service=MINUTE, by_size={SIZE: MINUTE})
        assert forecast(history=never_seen).at_once(model(), now=NOW) == 8

    def test_it_counts_on_fewer_while_runpod_lets_jobs_wait(self):
        """One runs, and another one waits there for longer than a cold start takes."""
        one = forecast(running=1, sent=[120])
        assert one.at_once(model(), now=NOW) == 1
        assert forecast(running=1, sent=[20]).at_once(model(), now=NOW) == 2

    def test_it_is_the_place_by_fair_scheduling(self):
        """Bob's first job goes before most of Alice's fifty."""
        alice, bob = uuid4(), uuid4()
        line = Positions([uuid4() for _n in range(50)], range(50), range(3, 53))
        busy = forecast(running=2, users={alice: (50, 2)}, positions=line)
        of_bob = busy.of_order(model(), now=NOW, user_id=bob, size=SIZE)
        of_alice = busy.of_order(model(), now=NOW, user_id=alice, size=SIZE)
        assert of_alice.p50 > of_bob.p50 + 50 * 25
        assert of_bob == forecast(running=2).of_order(model(), now=NOW, size=SIZE)

    def test_a_cold_start_comes_once(self):
        cold, warm = (
            forecast(warm=is_warm).of_order(model(), now=NOW, size=SIZE)
            for is_warm in (False, True)
        )
        assert 35 <= cold.p50 - warm.p50 <= 45


class TestLimitOfJobsAtOnce:
    """Alice has six jobs in a model that runs eight at once, where each takes a minute."""

    WIDE = replace(HISTORY, at_once=8)

    def times(self, limit, *, count=6) -> list[Eta]:
        found = forecast(history=self.WIDE)
        return [
            found.of_order(model(), now=NOW, user_id=uuid4(), size=SIZE, count=number, limit=limit)
            for number in range(1, count + 1)
        ]

    def test_it_lets_them_run_in_turn_or_in_pairs(self):
        free = self.times(None)
        assert free == self.times(UserLimit(6)) == [free[0]] * 6
        for limit in (1, 2):
            held = self.times(UserLimit(limit))
            assert held[:limit] == free[:limit]
            for number in range(limit, 6):
                assert held[number].p50 - held[number - limit].p50 >= 60

    def test_jobs_of_an_order_wait_for_its_earlier_ones_in_other_models(self):
        found = forecast(history=self.WIDE)
        found = replace(
            found,
            histories=found.histories | {OTHER: self.WIDE},
            queues=found.queues | {OTHER: found.queues[1]},
        )
        jobs = [
            Job(model=model(pk=pk), width=1024, height=1024, created_at=NOW, user_id=uuid4())
            for pk in (1, OTHER, 1, OTHER)
        ]
        eta.promise(jobs, forecast=found, now=NOW, limit=UserLimit(1))
        waits = [one.promised_p50_at for one in jobs]
        assert waits == sorted(set(waits))

    def test_a_job_that_was_just_placed_has_the_limit_of_its_order(self):
        """Until the queue is read again, which then has the order's jobs."""
        alice = uuid4()
        free, limited, none = (
            job(user_id=alice, first_position=(1, 1), first_limit=limit)
            for limit in (None, UserLimit(1, 3), UserLimit(0))
        )
        before = forecast(history=self.WIDE)
        after = forecast(
            history=self.WIDE,
            users={alice: (2, 0)},
            limits={alice: UserLimit(1, 5)},
            positions=Positions([uuid4(), limited.id], [0, 1]),
        )
        assert before.of_job(limited, now=NOW).p50 > before.of_job(free, now=NOW).p50 + 60
        assert after.of_job(limited, now=NOW) == before.of_job(limited, now=NOW)
        assert before.of_job(none, now=NOW) is None
        assert before.may_start_none(none)
        assert not before.may_start_none(limited)

    def test_it_promises_no_time_with_0(self):
        alice = uuid4()
        found = forecast(limits={alice: UserLimit(0, 1)}, users={alice: (1, 0)})
        assert found.of_job(job(user_id=alice), now=NOW) is None
        assert found.of_order(model(), now=NOW, size=SIZE, limit=UserLimit(0)) is None
        assert found.of_job(job(Status.RUNNING, user_id=alice), now=NOW) is not None
        other = found.of_order(model(), now=NOW, user_id=uuid4(), size=SIZE)
        assert other == forecast().of_order(model(), now=NOW, size=SIZE)


class TestOwnEvidence:
    def left(self, one, **queue):
        return forecast(**queue).of_job(one, now=NOW)

    def test_it_is_less_the_longer_a_job_runs_and_never_nothing(self):
        lefts = [self.left(job(Status.RUNNING, ago=ago)).p50 for ago in (0, 30, 55)]
        assert lefts == sorted(lefts, reverse=True)
        late = self.left(job(Status.RUNNING, ago=300))
        assert late.p50 > 60  # five times as long as usual: not "1 s left"

    def test_the_first_step_says_nothing_about_the_others(self):
        """Step 1 of 20 after 35 s of loading: 11 minutes if extrapolated."""
        loading = job(Status.RUNNING, ago=35, progress=0.05, step=1, step_count=20)
        plain = job(Status.RUNNING, ago=35)
        assert self.left(loading) == self.left(plain)

    def test_it_is_over_for_longer_than_nearly_all_unless_it_shows_its_pace(self):
        """ "About 2 s left" stood on a card for 8 s: what is left of it is unknown."""

        def is_over(**fields):
            return forecast().outlook(job(Status.RUNNING, **fields), now=NOW).is_over

        assert [is_over(ago=ago) for ago in (60, 71)] == [False, True]
        assert is_over(ago=71, progress=0.05, step=1, step_count=20)
        assert not is_over(ago=71, progress=0.5, step=10, step_count=20)

    def test_its_own_pace_counts_more_the_more_is_done(self):
        """Twice as slow as usual: at half of it, a minute and more is left, not half a minute."""
        slow = job(Status.RUNNING, ago=60, progress=0.5, step=10, step_count=20)
        assert 40 <= self.left(slow).p50 <= 62
        almost = job(Status.RUNNING, ago=108, progress=0.9, step=18, step_count=20)
        assert 9 <= self.left(almost).p50 <= 15

    def test_it_waits_for_those_that_were_submitted_before(self):
        first = job(Status.SUBMITTED, ago=5)
        sent = [5, 4, 3, 2]
        last = job(Status.SUBMITTED, ago=2)
        free, behind = (self.left(one, running=1, sent=sent) for one in (first, last))
        assert behind.p50 > free.p50 + 60


class TestPromise:
    def test_it_is_kept_with_each_job_of_an_order(self):
        jobs = [Job(model=model(), width=1024, height=1024, created_at=NOW) for _n in range(4)]
        eta.promise(jobs, forecast=forecast(), now=NOW)
        waits = [(one.promised_p50_at - NOW).total_seconds() for one in jobs]
        assert waits == [61, 61, 121, 121]
        assert all(one.promised_p50_at < one.promised_p90_at for one in jobs)

    def test_there_is_none_during_an_outage(self):
        one = Job(model=model(), width=1024, height=1024, created_at=NOW)
        eta.promise([one], forecast=forecast(blocked=True), now=NOW)
        assert one.promised_p90_at is None
        assert eta.late_at(one) is None

    def test_it_is_late_by_half_of_the_promised_wait_from_placing(self):
        one = Job(created_at=NOW, promised_p90_at=NOW + timedelta(seconds=100))
        assert eta.late_at(one) == NOW + timedelta(seconds=150)
        short = Job(created_at=NOW, promised_p90_at=NOW + timedelta(seconds=4))
        assert eta.late_at(short) == NOW + timedelta(seconds=19)
