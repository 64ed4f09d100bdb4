"""What recorded jobs show, without a database."""

from generation.jobs import eta
from generation.jobs.eta import History, Record, history_of
from generation.jobs.eta.distributions import Distribution

SIZE = eta.size_of(1024, 1024, 20)
LARGE = eta.size_of(2048, 2048, 20)


def ran(at: float, *, took=10.0, delay=1.0, size=SIZE, storing=1.0) -> Record:
    """Return a job that was submitted at this moment."""
    return Record(
        size=size,
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
        assert found.starts[False].values == (40,) * 3  # nothing is known before the first
        assert found.starts[True].values == (1,) * 8

    def test_a_wait_for_other_jobs_is_no_start(self):
        """Two at once: the third one's delay is its wait for a worker."""
        jobs = [
            *(ran(0, took=60), ran(0, took=61)),
            *(ran(1, delay=60.5), ran(2, delay=60.7)),
        ]
        jobs += [ran(10_000 + n * 1000) for n in range(3)]
        found = history_of(jobs, limit=4)
        assert found.at_once == 2
        assert all(60.5 not in start.values for start in found.starts.values())

    def test_it_sees_how_many_run_at_once_while_others_wait(self):
        """Three workers, though eight jobs may be at RunPod."""
        jobs = [
            ran(0, delay=20 * (n // 3) + n % 3, took=19 - n % 3 + (n + 1) % 3) for n in range(24)
        ]
        found = history_of(jobs, limit=8)
        assert found.at_once == 3
        assert history_of(jobs, limit=2).at_once == 2

    def test_bursts_that_find_free_workers_do_not_show_how_many_run_at_once(self):
        """Of two images that are sent together, the first one runs alone for a moment."""
        pairs = [ran(n * 100, delay=delay) for n in range(10) for delay in (1.0, 1.4)]
        assert history_of(pairs, limit=8).at_once is None

    def test_jobs_that_a_limit_holds_do_not_show_how_many_run_at_once(self):
        """Each of them is sent when the one before has ended; others wait at the provider."""
        one_by_one = [ran(11.5 * n) for n in range(12)]
        assert history_of(one_by_one, limit=8).at_once is None
        in_pairs = [ran(500, delay=10.0 * (n // 2), took=9.9) for n in range(8)]
        assert history_of(one_by_one + in_pairs, limit=8).at_once == 2


def test_sizes_that_take_about_as_long_are_one():
    assert eta.size_of(1024, 1024, 20) == eta.size_of(832, 1216, 20)
    assert eta.size_of(1024, 1024, 20) != eta.size_of(1536, 1536, 20)
    assert eta.size_of(1024, 1024, 20) != eta.size_of(1024, 1024, 40)
    assert eta.size_of(1024, 1024, None) == eta.size_of(1024, 1024, 1)
    assert eta.size_of(None, 0, None) == 0
