"""Are promised waiting times kept, over hours of jobs in virtual time?"""

import pytest

from deploy.simulated_day.day import Day
from deploy.simulated_day.table import rows_of

pytestmark = pytest.mark.slow
SMALL = {"jobs": 1500, "throttled_hour": 5, "hours": 8.0}


class TestDay:
    def test_promises_are_kept_as_often_as_they_say(self):
        rows = rows_of(Day(seed=7, **SMALL).run())
        assert rows[-1].jobs == 1500
        for row in rows:
            assert 0.85 <= row.inside_p90 <= 0.97, row
            assert 0.40 <= row.before_p50 <= 0.60, row

    def test_limits_of_jobs_at_once_do_not_make_the_times_of_others_longer(self):
        """Every second user may have one job at once."""
        day = Day(seed=7, limit=1, **SMALL)
        others = (one for one in day.run() if one.job.user_id not in day.limits)
        kept = rows_of(others)[-1]
        assert kept.ok, kept
