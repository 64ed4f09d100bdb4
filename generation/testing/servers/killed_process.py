"""A process whose children run one step each and are killed with SIGKILL before a statement.

It reads lines of JSON, `{"step": NAME, "before": N}`, and answers each with "killed" or "done".
It opens no connection itself, so that its children share none.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django
from django.db import connection

MODEL = "flux-schnell"
RAISED = Decimal(1000)


def main() -> None:
    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        if (child := os.fork()) == 0:
            run(asked["step"], before=asked["before"])
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        answer = "killed" if killed else "done" if status == 0 else f"failed: {status}"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


def run(step: str, *, before: int) -> None:
    """Run the step and exit, or die when its statement number `before` is about to be sent."""
    left = before

    def count(execute: Callable[..., Any], *args: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*args)

    status = 1
    try:
        with connection.execute_wrapper(count):
            steps()[step]()
        status = 0
    except Exception:  # noqa: BLE001 the status says it, the test fails by it
        traceback.print_exc()
    os._exit(status)


def steps() -> dict[str, Callable[[], Any]]:
    """Return what can be run, by name."""
    from generation.jobs.budgets import budget_changes
    from generation.jobs.engine import driver, storing
    from generation.models import Budget

    def raise_limit() -> None:
        budget_changes.set_limit(group=None, model=None, period="day", limit_usd=RAISED)

    def raise_limit_first() -> None:
        Budget.objects.update(limit_usd=RAISED)
        budget_changes.reconsider()

    return {
        "check": lambda: driver.check(MODEL),
        "store": storing.store_due,
        "submit": lambda: driver.submit(MODEL),
        "raise": raise_limit,
        "raise without one transaction": raise_limit_first,
    }


if __name__ == "__main__":
    main()
