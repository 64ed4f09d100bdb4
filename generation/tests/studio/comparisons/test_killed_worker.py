"""A process is killed while a comparison of 64 cells is placed or runs: nothing is lost or
paid twice."""

from itertools import count

import pytest

from generation.models import Endpoint, Job, Sheet
from generation.studio.comparisons import cells
from generation.testing.servers.killed_process import MODEL
from generation.testing.servers.killed_worker import KilledWorkerTestCase

CELLS = 64
WHOLE = 1_000_000  # statements: more than a step has


@pytest.mark.slow
class TestKilledWorker(KilledWorkerTestCase):
    def setUp(self) -> None:
        super().setUp()
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=CELLS)

    def state(self) -> tuple[int, int, int]:
        """Return the numbers of jobs and sheets, and the held credits."""
        self.user.refresh_from_db()
        return Job.objects.count(), Sheet.objects.count(), self.user.held

    def test_while_a_sheet_is_placed(self) -> None:
        for number in count(1):
            was_killed = self.killed("place sheet", before=number)
            assert self.state() == ((0, 0, 0) if was_killed else (CELLS, 1, CELLS))
            if not was_killed:
                break
        assert number > 6
        # The browser that got no answer sends it again.
        assert not self.killed("place sheet", before=WHOLE)
        assert self.state() == (CELLS, 1, CELLS)

    def test_while_its_cells_run(self) -> None:
        assert not self.killed("place sheet", before=WHOLE)
        kills = 0
        for step in ("submit", "check", "store"):
            for before in (2, 3, 5, 8, 13):
                kills += self.killed(step, before=before)
        assert kills > 6
        self.finish()
        self.assert_each_once(CELLS)
        sheet = Sheet.objects.get()
        assert len(sheet.jobs) == CELLS
        assert cells.filled(sheet).done == CELLS
