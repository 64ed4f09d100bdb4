"""`make bench` with the smallest sizes: it writes the table."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from deploy.bench import measure
from deploy.bench.__main__ import POSTGRES
from deploy.bench.processes import cpu_seconds, pss_bytes, tree
from deploy.bench.report import conditions, save
from deploy.bench.result import CannotMeasure, ResultLine
from deploy.bench.runner import Bench
from deploy.bench.settings import Sizes
from deploy.bench.site import OWN_CHECK
from generation.testing import services

pytestmark = pytest.mark.release("deploy/bench/", "generation/demo/")

SIZES = "times=1 requests=8 feed_images=3 finished_rows=2000"
DOCUMENT = "# Performance\n\n<!-- bench: old -->\nold\n<!-- bench: end -->\n\nwords\n"
needs_servers = [
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("bench"),
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.bench", *arguments]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )


class TestBench:
    pytestmark = needs_servers

    def test_it_measures_against_floors_and_saves_the_table(self, tmp_path: Path) -> None:
        document = tmp_path / "PERFORMANCE.md"
        document.write_text(DOCUMENT)
        done = run(
            "--rows=post gallery", f"--size={SIZES}", f"--output={tmp_path}", f"--into={document}"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        saved = json.loads((tmp_path / "bench.json").read_text())
        assert [line["row"] for line in saved["rows"]] == ["post", "gallery"]
        for line in saved["rows"]:
            assert line["data"]["cpu"] > 0
            assert line["data"]["floor"] >= 0
        assert saved["versions"]["PostgreSQL"]
        assert "2,000 finished jobs" in document.read_text()
        assert (tmp_path / "bench.md").read_text().strip() in document.read_text()
        assert "old" not in document.read_text()
        assert document.read_text().endswith("words\n")


def test_it_measures_postgresql_as_it_comes() -> None:
    assert not POSTGRES.keys() & services.POSTGRES_SETTINGS.keys() - {
        "listen_addresses",
        "max_connections",
    }
    assert "jit" not in POSTGRES


@pytest.mark.django_db
def test_it_counts_no_check_of_a_foreign_key() -> None:
    check = 'FROM ONLY "public"."c" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x'
    with connection.cursor() as cursor:
        for begin in ("SELECT 1", "SELECT $2"):
            cursor.execute("SELECT %s LIKE %s", [f"{begin} {check}", OWN_CHECK])
            assert cursor.fetchone() == (True,)


class TestRunner:
    def test_it_says_why_a_row_cannot_be_measured_and_goes_on(self, tmp_path: Path) -> None:
        def broken(bench: Bench) -> list[ResultLine]:
            raise CannotMeasure("no events have arrived")

        def well(bench: Bench) -> list[ResultLine]:
            return [ResultLine("a | b", "2 ms", "1 ms", 2.0)]

        lines = Bench(Sizes()).run({"broken": broken, "well": well}, ["broken", "well"])
        assert [(name, line.failed) for name, line in lines] == [("broken", True), ("well", False)]
        table = save(lines, conditions(Sizes(), scale=1), folder=tmp_path, into=None)
        assert (
            "| broken | broken | not measured |  |  |  | CannotMeasure: no events have arrived |"
            in table
        )
        assert "| well | a / b | 2 ms | 1 ms | 2.00× |  |  |" in table

    def test_it_keeps_rows_that_are_not_measured_again(self, tmp_path: Path) -> None:
        def saved(*lines: tuple[str, ResultLine], commit: str, sizes: Sizes) -> str:
            facts = conditions(sizes, scale=1) | {"commit": commit}
            return save(list(lines), facts, folder=tmp_path, into=None)

        post, tick = ("post", ResultLine("POST", "2 ms")), ("tick", ResultLine("tick", "1 ms"))
        saved(post, tick, commit="abc", sizes=Sizes())
        table = saved(("post", ResultLine("POST", "3 ms")), commit="def", sizes=Sizes())
        assert "| post | POST | 3 ms |  |  |  |  | def |" in table
        assert "| tick | tick | 1 ms |  |  |  |  | abc |" in table
        assert "2 ms" not in table
        assert "1 ms" not in saved(post, commit="ghi", sizes=Sizes().scaled(0.5))


class TestArguments:
    def test_it_refuses_rows_and_sizes_that_are_not_there(self, capsys) -> None:
        for argument in ("--rows=nothing", "--size=nothing=1", "--size=times"):
            with pytest.raises(SystemExit) as refused:
                measure.main([argument])
            assert refused.value.code == 2
            said = capsys.readouterr().err
            assert "nothing" in said or "NAME=NUMBER" in said

    def test_it_makes_all_sizes_smaller_but_for_how_often_it_measures(self) -> None:
        small = Sizes().scaled(0.01).changed(["sockets=7"])
        assert (small.burst_jobs, small.finished_rows, small.sockets, small.times) == (
            10,
            10_000,
            7,
            3,
        )


class TestProcesses:
    def test_it_adds_up_a_process_and_its_children(self) -> None:
        code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as parent:
            while len(pids := tree(parent.pid)) < 2:
                pass
            assert pids[0] == parent.pid
            assert pss_bytes(pids) > pss_bytes(pids[:1]) > 0
            assert cpu_seconds(pids) >= 0
            parent.communicate(b"\n")
        assert tree(parent.pid) == [parent.pid]
        assert cpu_seconds([parent.pid]) == 0
