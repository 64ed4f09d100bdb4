"""`python -m artgen.database.connection_budget`, and that deploy/docs/scaling.md shows what it says."""

import os
import re
import subprocess
import sys

from django.conf import settings

from generation.testing import documents

PAGE = settings.BASE_DIR / "deploy" / "docs" / "scaling.md"


def said(*arguments: str, **environment: str) -> tuple[int, str]:
    """Return its exit status and what it printed."""
    outcome = subprocess.run(
        [sys.executable, "-m", "artgen.database.connection_budget", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return outcome.returncode, (outcome.stdout + outcome.stderr).strip()


class TestCapacity:
    def test_it_is_silent_where_all_is_well_unless_it_is_asked(self) -> None:
        assert said(GUNICORN_WORKERS="8") == (0, "")
        status, text = said("sum", GUNICORN_WORKERS="8", CELERY_CONCURRENCY="12")
        assert (status, text.rpartition(" = ")[2]) == (0, "59 of 80")

    def test_it_refuses_an_argument_that_it_does_not_know(self) -> None:
        status, text = said("summ")
        assert (status, text[:6]) == (1, "Usage:")

    def test_it_adds_up_all_processes_and_refuses_more_than_80(self) -> None:
        assert said(GUNICORN_WORKERS="8", CELERY_CONCURRENCY="12", WORKER_DB_POOL_MAX="15") == (
            1,
            "All processes together could open 83 database connections, above the limit of 80: "
            "web 1 × 8 processes × 4 + sockets 1 × 8 "
            "+ workers 1 × (drive 15 + store 12 + slow 15) + spare 1 = 83.",
        )

    def test_it_counts_the_lanes_of_this_worker_and_refuses_unknown_ones(self) -> None:
        status, text = said("sum", GUNICORN_WORKERS="1", WORKER_LANES="slow,store drive")
        assert (status, text) == (
            0,
            "web 1 × 1 processes × 4 + sockets 1 × 8 + workers 1 × (slow,store 3 + drive 3) "
            "+ spare 1 = 19 of 80",
        )
        assert said(WORKER_LANES="slow fast") == (
            1,
            "WORKER_LANES: unknown lane 'fast'; lanes: drive, store, slow",
        )

    def test_it_names_the_variable_that_is_no_number(self) -> None:
        assert said(SOCKETS_DB_POOL_MAX="many") == (
            1,
            "SOCKETS_DB_POOL_MAX must be a whole number above 0, not 'many'",
        )

    def test_it_counts_further_containers_of_each_machine(self) -> None:
        status, text = said(
            "sum",
            GUNICORN_WORKERS="2",
            DB_POOL_MAX="2",
            WEB_MACHINES="2",
            MORE_WEB_CONTAINERS="2",
            SOCKETS_CONTAINERS="2",
            CELERY_CONCURRENCY="4",
            WORKER_CONTAINERS="2",
        )
        assert status == 0
        assert text == (
            "web 6 × 2 processes × 2 + sockets 2 × 8 "
            "+ workers 2 × (drive 3 + store 4 + slow 3) + spare 1 = 61 of 80"
        )
        assert said(MORE_WEB_CONTAINERS="-1")[0] == 1

    def test_it_says_what_an_upgrade_needs_besides(self) -> None:
        assert said("upgrade", GUNICORN_WORKERS="8", CELERY_CONCURRENCY="12") == (
            0,
            "",
        )  # 59 and 20
        status, text = said(
            "upgrade", GUNICORN_WORKERS="8", CELERY_CONCURRENCY="12", DB_POOL_MAX="6"
        )
        assert status == 1
        assert text.startswith(
            "An upgrade could open 103 database connections, above the limit of 80: "
        ), text
        assert text.endswith(" = 75, plus 28 for the upgrade."), text

    def test_two_machines_of_eight_cores_start_and_upgrade_with_the_settings_of_the_page(
        self,
    ) -> None:
        for page in documents.editions("deploy/docs/scaling.md"):
            (block,) = (
                section.settings
                for section in documents.sections(page)
                if "WEB_MACHINES=2" in section.settings
            )
            environment = dict(line.split("=", 1) for line in block)
            assert said("upgrade", GUNICORN_WORKERS="8", **environment) == (0, "")

    def test_it_is_documented_as_computed(self) -> None:
        shown = re.findall(
            r"^\$ (.*) python -m artgen\.database\.connection_budget sum\n(.*)$",
            PAGE.read_text(),
            re.MULTILINE,
        )
        assert len(shown) == 2
        for settings_of, answer in shown:
            environment = dict(pair.split("=") for pair in settings_of.split())
            status, text = said("sum", **environment)
            assert text.startswith(answer.removesuffix("…")), text
            assert status == (1 if "above the limit" in answer else 0)
