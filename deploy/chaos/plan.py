"""The plan of a run, which follows from its seed: what users order and which fault happens when."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.chaos import further_endpoints
from deploy.chaos.form import Form
from deploy.chaos.site import EDITOR, MODELS

# Faults of processes, servers, bucket, key and clock: `faults.Disturber` has a method for each.
PROCESSES = (
    *("nginx", "nginx child", "web", "web child", "sockets"),
    *("drive", "store", "store child", "slow"),
)
FURTHER = ("WaveSpeed", "the image server")
DISTURBANCES = (
    *(f"kill {name}" for name in PROCESSES),
    *("lose a machine, whose clock jumps", "lose both machines"),
    *("kill PostgreSQL", "restart PostgreSQL", "kill Redis", "empty Redis", "kill S3"),
    *("S3 refuses connections", "S3 is slow", "S3 answers errors"),
    *(
        f"{name} {what}"
        for name in FURTHER
        for what in ("refuses connections", "is slow", "answers errors")
    ),
    "RunPod refuses the key",
)
# Faults that happen to the next call or job of this kind (generation.demo.emulator.faults).
RUNPOD: dict[str, tuple[str, ...]] = {
    "run": (
        *("rate_429", "rate_429_bare", "error_5xx", "html_502", "break_before", "break_after"),
        *("error_5xx_after", "garbage", "truncated", "slow", "no_id"),
    ),
    "status": (
        *("rate_429", "error_5xx", "html_502", "break_before", "garbage", "truncated", "slow"),
        *("lost_404", "unknown_state", "other_job"),
    ),
    "cancel": ("rate_429", "error_5xx", "break_before", "break_after", "garbage"),
    "job": (
        *("lost", "stuck", "slow_gpu", "late_progress", "retried", "fail_traceback", "timed_out"),
        *("no_output", "corrupt_image", "url_404", "canceled"),
    ),
    "webhook": ("lost", "late", "doubled", "early", "forged", "foreign"),
    "images": (  # of the image server
        *("rate_429", "refuse_401", "refuse_422", "html_502", "break_before", "break_after"),
        *("truncated", "slow", "prompt_refused"),
    ),
}
# The same at WaveSpeed alone: a refused key closes no other provider.
SECOND: dict[str, tuple[str, ...]] = {
    "run": ("refuse_401", "break_after", "slow", "rate_429"),
    "job": ("lost", "slow_gpu"),
}
DISTURBED = "site"
SPREAD = {"webhook": 4}  # these are more frequent, because few of them matter alone
ONCE = frozenset({"corrupt_image"})  # two in a row stop the endpoint until staff act
LAST_ORDER = 0.85  # of the window, so that all faults meet jobs
LAST_RUNPOD = 0.5
# A refused key stops every call but a probe, which the faults of calls would prolong.
KEY, KEY_FROM = "RunPod refuses the key", 0.6
CANCELED, TWINS, BATCHES = 0.12, 0.08, 0.08  # shares of the orders
PROGRAMS, BY_PROGRAMS = ("generations", "edits", "txt2img"), 0.25  # which, share of the orders
CANCEL_SECONDS = 2.0  # of a further order, at most: its job is often at RunPod then


@dataclass(frozen=True)
class PlannedFault:
    """A fault that begins `at` these seconds and lasts `seconds`."""

    at: float
    what: str
    seconds: float = 0.0
    call: str = ""  # of a provider; then `what` is a fault of the emulator
    endpoint: str | None = None  # at which; None: at any


@dataclass
class UserOrder:
    """What a user asks for in one request, and what came of it."""

    number: int
    user: int
    at: float
    jobs: list[dict[str, Any]]
    twin: bool = False  # sent twice at the same time
    cancel_after: float | None = None
    retry: bool = False  # place the canceled job again
    program: str = ""  # it is sent as a program of another API does; then all jobs are the same
    # What came of it.
    ids: list[list[str]] = field(default_factory=list)  # of each answer
    files: list[set[str]] = field(default_factory=list)  # sha256 of the images, of each answer
    refused: str = ""
    canceled: list[str] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    retries_without_answer: int = 0

    @property
    def key(self) -> str:
        return f"order-{self.number}"


@dataclass(frozen=True)
class ChaosPlan:
    """All steps and orders by time."""

    steps: Sequence[PlannedFault]
    orders: Sequence[UserOrder]

    @property
    def runpod(self) -> set[tuple[str, str]]:
        """The planned faults of providers: call and fault."""
        return {(step.call, step.what) for step in self.steps if step.call}


def make(form: Form, *, seed: int, faults: Sequence[str] = (*RUNPOD, DISTURBED)) -> ChaosPlan:
    chance = random.Random(seed)
    steps = [step for step in _steps(form, chance) if (step.call or DISTURBED) in faults]
    steps.sort(key=lambda step: step.at)
    return ChaosPlan(steps=steps, orders=list(_orders(form, chance)))


def further_orders(form: Form, *, seed: int, number: int) -> Iterator[list[UserOrder]]:
    """Yield without end an order of each user, numbered from this one; all are canceled.

    They are for faults of RunPod that met no call of the planned orders.
    """
    chance = random.Random(f"{seed} further")
    while True:
        orders = []
        for user in range(form.users):
            order = UserOrder(number, user, 0.0, [_job(user, number, 0, chance)])
            order.cancel_after = chance.uniform(0, CANCEL_SECONDS)
            orders.append(order)
            number += 1
        yield orders


def _steps(form: Form, chance: random.Random) -> Iterator[PlannedFault]:
    yield from _disturbances(form, chance)
    yield from _of_runpod(form, chance)
    yield from _at_second(form, chance)


def _disturbances(form: Form, chance: random.Random) -> Iterator[PlannedFault]:
    """Yield each disturbance `repeats` times, evenly over the window and in random order."""
    names = [
        name
        for _n in range(form.repeats)
        for name in chance.sample(DISTURBANCES, k=len(DISTURBANCES))
    ]
    pause = form.window / (len(names) + 1)
    for number, name in enumerate(names, start=1):
        at = pause * (number + chance.uniform(-0.5, 0.5))
        if name == KEY:
            at = form.window * chance.uniform(KEY_FROM, 1)
        yield PlannedFault(max(0.0, at), name, seconds=chance.uniform(*form.down))


def _of_runpod(form: Form, chance: random.Random) -> Iterator[PlannedFault]:
    for call, faults in RUNPOD.items():
        for fault in faults:
            for _n in range(1 if fault in ONCE else form.repeats * SPREAD.get(call, 1)):
                yield PlannedFault(chance.uniform(0, form.window * LAST_RUNPOD), fault, call=call)


def _at_second(form: Form, chance: random.Random) -> Iterator[PlannedFault]:
    for call, faults in SECOND.items():
        for fault in faults:
            at = chance.uniform(0, form.window * LAST_RUNPOD)
            yield PlannedFault(at, fault, call=call, endpoint=further_endpoints.WAVESPEED.id)


def _orders(form: Form, chance: random.Random) -> Iterator[UserOrder]:
    times: list[float] = []
    sizes: list[int] = []
    while sum(sizes) < form.jobs:
        size = chance.randint(2, 4) if chance.random() < BATCHES else 1
        sizes.append(min(size, form.jobs - sum(sizes)))
        times.append(chance.uniform(0, form.window * LAST_ORDER))
    for number, (at, size) in enumerate(zip(sorted(times), sizes, strict=True)):
        user = number % form.users
        order = UserOrder(number, user, at, [_job(user, number, n, chance) for n in range(size)])
        if chance.random() < BY_PROGRAMS:
            order.program = chance.choice(PROGRAMS)
            model = {"model": EDITOR} if order.program == "edits" else {}
            order.jobs = [order.jobs[0] | model] * size
            yield order
            continue
        order.twin = chance.random() < TWINS
        if chance.random() < CANCELED:
            order.cancel_after = chance.uniform(0, 5)
            order.retry = chance.random() < 0.5
        yield order


def _job(user: int, order: int, number: int, chance: random.Random) -> dict[str, Any]:
    model = chance.choice(list(MODELS))
    return {
        "model": model,
        "prompt": f"{marker(user)} order {order} image {number}",
        "seed": chance.randrange(2**31),
        **MODELS[model],
    }


def marker(user: int) -> str:
    return f"a lighthouse of user {user}:"
