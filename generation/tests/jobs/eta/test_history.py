"""What recorded jobs show, without a database."""

from dataclasses import replace
from uuid import UUID

import pytest

from generation.jobs import eta
from generation.jobs.eta import History, Record, history_of
from generation.jobs.eta.distributions import Distribution
from generation.jobs.eta.history import Start

SIZE = eta.size_of(1024, 1024, 20)
ALICE, BOB = UUID(int=1), UUID(int=2)
LARGE = eta.size_of(2048, 2048, 20)


def ran(
    at: float, *, took=10.0, delay=1.0, created=None, size=SIZE, storing=1.0, user=ALICE
) -> Record:
    """Return a job that was submitted at this moment."""
    return Record(
        user_id=user,
        size=size,
        created_at=at if created is None else created,
        submitted_at=at,
        delay=delay,
        execution=took,
        finished_at=at + delay + took + storing,
    )


class TestHistory:
    def test_it_knows_nothing_without_jobs(self):
        assert history_of([], limit=4) == History()

    def test_it_tells_sizes_apart_once_there_are_enough(self):
        jobs = [ran(n * 100) for n in range(5)]
        jobs += [ran(1000 + n * 100, took=40, size=LARGE) for n in range(4)]
        found = history_of(jobs, limit=4)
        assert found.by_size == {SIZE: Distribution.of([11] * 5)}
        assert found.service == Distribution.of([11] * 5 + [41] * 4)
        assert found.storing == Distribution.of([1] * 9)

    def test_it_tells_cold_starts_from_warm_ones(self):
        jobs = []
        for n in range(4):  # a cold one, and two in the minute after it
            jobs += [ran(n * 1000, delay=40), ran(n * 1000 + 60), ran(n * 1000 + 90)]
        found = history_of(jobs, limit=4)
        assert found.starts[Start.COLD].values == (40,) * 3  # nothing is known before the first
        assert found.starts[Start.WARM].values == (1,) * 8

    def test_it_tells_when_a_further_worker_had_to_start(self):
        """A job comes while the only active worker is busy."""
        jobs = []
        for n in range(4):
            jobs += [ran(n * 1000, delay=40, took=60), ran(n * 1000 + 50, delay=25)]
        found = history_of(jobs, limit=4)
        assert found.starts[Start.FURTHER].values == (25,) * 3

    def test_it_takes_all_starts_while_it_has_seen_too_few_of_a_kind(self):
        jobs = [ran(0), ran(1000, delay=40), ran(1050)]
        assert history_of(jobs, limit=4).starts[Start.COLD] == Distribution.of([40, 1])

    def test_a_wait_for_other_jobs_is_no_start(self):
        """Two at once: the third one's delay is its wait for a worker."""
        jobs = [
            *(ran(0, created=0, took=60), ran(0, created=0, took=61)),
            *(ran(1, created=0, delay=60.5), ran(2, created=0, delay=60.7)),
        ]
        jobs += [ran(10_000 + n * 1000) for n in range(3)]
        found = history_of(jobs, limit=4)
        assert found.at_once == 2
        assert all(60.5 not in start.values for start in found.starts.values())

    def test_it_sees_how_many_run_at_once_while_others_wait(self):
        """Three workers, though eight jobs may be at RunPod."""
        jobs = [
            ran(0, created=0, delay=20 * (n // 3) + n % 3, took=19 - n % 3 + (n + 1) % 3)
            for n in range(24)
        ]
        found = history_of(jobs, limit=8)
        assert found.at_once == 3
        assert found.place.mean == pytest.approx(20, rel=0.1)
        assert history_of(jobs, limit=2).at_once == 2

    def test_bursts_that_find_free_workers_do_not_show_how_many_run_at_once(self):
        """Of two images that are sent together, the first one runs alone for a moment."""
        pairs = [
            ran(n * 100, created=n * 100, delay=delay) for n in range(10) for delay in (1.0, 1.4)
        ]
        assert history_of(pairs, limit=8).at_once is None

    def test_a_slow_minute_counts_as_little_as_one_slow_job(self):
        """Eight images at once took ten times as long; then one person comes, all is well."""
        jobs = [ran(n * 300) for n in range(20)]
        jobs += [ran(6000, delay=70.0 + n / 10, took=100) for n in range(8)]
        jobs += [ran(7000)]
        found = history_of(jobs, limit=8)
        for times in (found.service, found.by_size[SIZE], found.place):
            assert times.quantile(0.9) < 15
        assert found.starts[Start.COLD].quantile(0.9) == 1

    def test_it_does_not_know_how_many_run_at_once_before_any_waited(self):
        found = history_of([ran(n * 30) for n in range(10)], limit=8)
        assert (found.at_once, found.waits) == (None, None)


class TestLimitsOfJobsAtOnce:
    """Alice may have one job at once and places twelve: each is sent when the one before ends."""

    def one_by_one(self, *, is_limited: bool) -> list[Record]:
        jobs = [ran(0, created=0), *(ran(100 + 11.5 * n, created=100) for n in range(12))]
        return [replace(one, is_limited=is_limited) for one in jobs]

    def test_jobs_that_a_limit_holds_do_not_show_how_many_run_at_once(self):
        assert history_of(self.one_by_one(is_limited=False), limit=8).at_once == 1
        found = history_of(self.one_by_one(is_limited=True), limit=8)
        assert (found.at_once, found.waits) == (None, None)

    def test_jobs_that_wait_at_provider_show_it(self):
        """Bob, without a limit, waits there for one of two workers."""
        of_bob = [
            ran(500, created=500, user=BOB, delay=10.0 * (n // 2), took=9.9) for n in range(8)
        ]
        assert history_of(self.one_by_one(is_limited=True) + of_bob, limit=8).at_once == 2
        limited = [replace(one, is_limited=True) for one in of_bob]
        assert history_of(self.one_by_one(is_limited=True) + limited, limit=8).at_once == 2

    def test_waits_for_a_limit_are_not_compared_with_waits_in_line(self):
        of_bob = [ran(100 + 11 * n, created=100, user=BOB) for n in range(8)]
        assert history_of([ran(0, created=0), *of_bob], limit=1).waits is not None
        limited = [replace(one, is_limited=True) for one in of_bob]
        assert history_of([ran(0, created=0), *limited], limit=1).waits is None


class TestShares:
    def promised(self, *, kept: int, broken: int, is_limited: bool = False) -> History:
        jobs = [
            replace(
                ran(n * 100),
                is_limited=is_limited,
                promised_p50_at=n * 100 + 12.0,
                promised_p90_at=n * 100 + (11.0 if n >= kept else 13.0),
            )
            for n in range(kept + broken)
        ]
        return history_of(jobs, limit=4)

    def test_broken_promises_make_the_next_ones_more_careful(self):
        assert self.promised(kept=5, broken=5).shares == (0.5, 0.9)  # too few to say
        assert self.promised(kept=90, broken=10).shares[1] == pytest.approx(0.9)
        assert self.promised(kept=70, broken=30).shares[1] == 0.97
        assert self.promised(kept=100, broken=0).shares[1] == pytest.approx(0.82)
        assert self.promised(kept=90, broken=10).shares[0] == pytest.approx(0.35)

    def test_promises_to_users_with_a_limit_do_not_count(self):
        limited = self.promised(kept=70, broken=30, is_limited=True)
        assert limited.shares == (0.5, 0.9)


def test_sizes_that_take_about_as_long_are_one():
    assert eta.size_of(1024, 1024, 20) == eta.size_of(832, 1216, 20)
    assert eta.size_of(1024, 1024, 20) != eta.size_of(1536, 1536, 20)
    assert eta.size_of(1024, 1024, 20) != eta.size_of(1024, 1024, 40)
    assert eta.size_of(1024, 1024, None) == eta.size_of(1024, 1024, 1)
    assert eta.size_of(None, 0, None) == 0
