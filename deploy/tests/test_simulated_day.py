"""Are promised waiting times kept, over hours of jobs in virtual time?"""

import pytest

from deploy.simulated_day import bursts
from deploy.simulated_day.bursts import Bursts
from deploy.simulated_day.day import Day
from deploy.simulated_day.table import rows_of

pytestmark = [
    pytest.mark.release("deploy/simulated_day/", "generation/jobs/eta/", "generation/jobs/queue/"),
    pytest.mark.slow,
    pytest.mark.limit(600),
]
SMALL = {"jobs": 1500, "throttled_hour": 5, "hours": 8.0}


class TestDay:
    def test_promises_are_kept_as_often_as_they_say(self):
        rows = rows_of(Day(seed=7, **SMALL).run())
        assert rows[-1].jobs == 1500
        for row in rows:
            assert 0.85 <= row.inside_p90 <= 0.97, row
            assert 0.40 <= row.before_p50 <= 0.60, row

    def test_background_jobs_change_nobody_elses_wait(self):
        alone, beside = (Day(seed=7, background=count, **SMALL).run() for count in (0, 200))
        assert sum(job.row.background and job.ended is not None for job in beside) == 600
        for before, after in zip(rows_of(alone), rows_of(beside), strict=True):
            assert after.wait < 1.15 * before.wait, after


class TestBursts:
    """One person's images after idle time; the demo is one of the places."""

    def test_the_button_keeps_its_word_within_a_range_that_tells_something(self):
        alone = Bursts(seed=7, bursts=200)
        alone.run()
        rows = bursts.rows_of(alone.bursts)
        assert {(row.place, row.count) for row in rows} == {
            (place, count) for place in ("demo", "idle") for count in (1, 4, 8)
        }
        for place in ("demo", "idle"):
            assert self.inside(row for row in rows if row.place == place) >= 0.85, rows
        assert self.inside(rows) <= 0.97
        assert max(row.widest for row in rows) <= 2.5

    def inside(self, rows):
        counts = [(row.inside_p90 * row.bursts, row.bursts) for row in rows]
        return sum(kept for kept, _all in counts) / sum(of_all for _kept, of_all in counts)
