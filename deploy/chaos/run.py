"""One run: start everything, disturb it, wait until it is calm, judge, print and save the table."""

import argparse
import asyncio
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType

from deploy.chaos import evidence, plan, servers, site
from deploy.chaos.faults import Disturber
from deploy.chaos.form import FORMS, Form
from deploy.chaos.people import Heard, People
from deploy.chaos.report import RunOutcome, save
from deploy.chaos.site import ChaosSite
from deploy.chaos.verdict import judge

MINUTES_MAX = 15.0


def main() -> int:
    """Return 1 when a promise was broken or a fault could not be carried out."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="of the servers' data")
    parser.add_argument("--seed", type=int, default=1, help="of the plan")
    parser.add_argument("--form", choices=FORMS, default="long")
    parser.add_argument("--jobs", type=int, default=0, help="in place of the form's number")
    parser.add_argument("--users", type=int, default=0, help="in place of the form's number")
    parser.add_argument("--window", type=float, default=0, help="in place of the form's seconds")
    parser.add_argument(
        "--faults",
        nargs="*",
        choices=[*plan.RUNPOD, plan.DISTURBED],
        default=[*plan.RUNPOD, plan.DISTURBED],
        help="only those of these calls of RunPod; `site`: processes, servers, bucket, clock",
    )
    parser.add_argument(
        "--output", type=Path, default=Path(".data/chaos"), help="folder of the results"
    )
    parser.add_argument(
        "--into",
        default="",
        metavar="FILE",
        help="also write the table between its markers in this document",
    )
    options = parser.parse_args()
    form = FORMS[options.form]
    form = replace(
        form,
        jobs=options.jobs or form.jobs,
        users=options.users or form.users,
        window=options.window or form.window,
    )
    if form.jobs < 1 or not 1 <= form.users <= 200:
        parser.error("at least one job, and 1 to 200 users")
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _stop)
    signal.setitimer(signal.ITIMER_REAL, MINUTES_MAX * 60)
    made = plan.make(form, seed=options.seed, faults=options.faults)
    outcome = run(form, made, seed=options.seed, folder=options.folder, output=options.output)
    into = Path(options.into).resolve() if options.into else None
    table = save(outcome, folder=options.output, into=into)
    print(f"\n{table}\n\nSaved in {options.output}")
    for name, lines in outcome.findings.items():
        for line in lines:
            print(f"{name}: {line}", file=sys.stderr)
    for problem in outcome.problems:
        print(problem, file=sys.stderr)
    return int(outcome.failed)


def run(form: Form, made: plan.ChaosPlan, *, seed: int, folder: Path, output: Path) -> RunOutcome:
    """Return the outcome of one run; `output` gets the logs."""
    began = time.monotonic()
    with servers.running(folder) as started, site.running(form, seed=seed, servers=started) as here:
        disturber = Disturber(here, made.steps, seed=seed)
        _say(began, f"{form.jobs} jobs of {form.users} users, {len(made.steps)} faults …")
        orders, heard = asyncio.run(_live(here, made, disturber, seed=seed))
        _say(began, "all faults are over, jobs end …")
        here.wait_until_idle(seconds=form.settle)
        _say(began, "idle, judging …")
        collected = evidence.gather(here, orders=orders, heard=heard)
        findings = judge(collected)
        output.mkdir(parents=True, exist_ok=True)
        for number, machine in enumerate(here.machines, start=1):
            (output / f"machine-{number}.log").write_text(machine.log)
    return RunOutcome(
        form=form,
        seed=seed,
        seconds=time.monotonic() - began,
        disturbed=disturber.done,
        problems=disturber.problems,
        findings=findings,
        evidence=collected,
    )


def _say(began: float, what: str) -> None:
    print(f"{time.monotonic() - began:4.0f} s  {what}", flush=True)


async def _live(
    here: ChaosSite, made: plan.ChaosPlan, disturber: Disturber, *, seed: int
) -> tuple[list[plan.UserOrder], Heard]:
    """Let users and faults act at the same time; return all orders when both are through.

    The users go on until each planned fault of RunPod has met a call or a job.
    """
    thread = threading.Thread(target=disturber.run, name="disturber", daemon=True)
    thread.start()
    orders, form = list(made.orders), here.form
    async with People(here.first.url, here.accounts) as people:
        await people.live(orders, seconds=form.window + form.settle)
        await asyncio.to_thread(thread.join)
        limit = time.monotonic() + form.settle
        for further in plan.further_orders(form, seed=seed, number=len(orders)):
            met = await asyncio.to_thread(here.runpod_faults)
            if made.runpod <= met or time.monotonic() > limit:
                break
            orders += further
            await people.live(further, seconds=form.settle)
    return orders, people.heard


def _stop(number: int, frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    raise SystemExit(f"make chaos: {'out of time' if number == signal.SIGALRM else 'stopped'}")


if __name__ == "__main__":
    sys.exit(main())
