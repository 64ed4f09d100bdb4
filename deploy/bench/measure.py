"""Measure the chosen rows or run a load test; print and save. Needs the servers of `__main__`."""

import argparse
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from deploy.bench.report import conditions, save
from deploy.bench.rows import ALL
from deploy.bench.runner import Bench
from deploy.bench.settings import Sizes
from deploy.bench.site import BenchSite

MINUTES_MAX = 180
LOADTEST_GPU_SECONDS = 8.0


def main(arguments: list[str]) -> int:
    """Return 1 when a row could not be measured."""
    parser = _parser()
    options = parser.parse_args(arguments)
    row_names = list(ALL) if options.rows == "all" else options.rows.split()
    if unknown := sorted(set(row_names) - set(ALL)):
        parser.error(f"there is no row {', '.join(unknown)}; there are {', '.join(ALL)}")
    try:
        sizes = Sizes().changed(options.size.split())
    except ValueError as error:
        parser.error(str(error))
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _stop)
    signal.setitimer(signal.ITIMER_REAL, MINUTES_MAX * 60)
    into = Path(options.into).resolve() if options.into else None
    if options.loadtest:
        loadtest_options = [
            f"--output={options.output.resolve()}",
            *([f"--into={into}"] if into else []),
        ]
        with BenchSite(seconds=LOADTEST_GPU_SECONDS, history=sizes.finished_rows) as site:
            command = [
                sys.executable,
                "-m",
                "deploy.loadtest",
                f"--url={site.url}",
                *loadtest_options,
            ]
            command += options.loadtest.split()
            return subprocess.run(command, env=site.environment, check=False).returncode
    lines = Bench(sizes).run(ALL, [name for name in ALL if name in row_names])
    table = save(lines, conditions(sizes), folder=options.output, into=into)
    print(f"\n{table}\n\nSaved: {options.output}/bench.md, {options.output}/bench.json")
    return int(any(line.failed for _, line in lines))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rows", default="all", help=f"with blanks: {' '.join(ALL)}")
    parser.add_argument(
        "--size", default="", metavar="'NAME=NUMBER …'", help="see deploy/bench/settings.py"
    )
    parser.add_argument(
        "--output", type=Path, default=Path(".data/bench"), help="folder of the results"
    )
    parser.add_argument(
        "--into",
        default="",
        metavar="FILE",
        help="also write the table between its markers in this document",
    )
    parser.add_argument(
        "--loadtest", default="", metavar="OPTIONS", help="instead: deploy.loadtest with these"
    )
    return parser


def _stop(number: int, frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    raise SystemExit(f"make bench: {'out of time' if number == signal.SIGALRM else 'stopped'}")
