"""Trouble on demand.

Scripted for a test, by chance for a load or race test, by magic words for a person at the demo.

A fault belongs to a call (what goes wrong with one HTTP request), to `job` (what becomes of a job
that was accepted) or to `webhook` (what becomes of its ring).
"""

import random
import threading
from collections import deque
from dataclasses import dataclass

_READS = {
    "refuse_400": "400",
    "refuse_401": "401",
    "refuse_403": "403",
    "rate_429": "429 with Retry-After: 1",
    "rate_429_bare": "429 without Retry-After, as RunPod documents none",
    "error_5xx": "500 with a JSON error",
    "html_502": "502 with a gateway's HTML page",
    "break_before": "the connection is broken before anything was done",
    "break_after": "it was done, then the connection is broken before the reply",
    "garbage": "it was done, the reply is no JSON",
    "truncated": "it was done, the connection ends in the middle of the reply",
    "slow": "it was done, the reply comes after `slow_seconds` of real time",
}
FAULTS: dict[str, dict[str, str]] = {
    "run": _READS
    | {
        "refuse_404": "404 `endpoint not found`",
        "refuse_413": "413",
        "error_5xx_after": "the job was taken, then 500",
        "no_id": "the job was taken, the reply is an empty object",
    },
    "status": _READS
    | {
        "lost_404": "404 `job not found`, once: the job is still there",
        "unknown_state": "a status that nobody has heard of",
        "other_job": "another job's report",
    },
    "cancel": _READS,
    "retry": _READS,
    "purge-queue": _READS,
    "health": _READS,
    "job": {
        "waits": "no worker ever takes it",
        "stuck": "stays IN_PROGRESS for ever, also past its executionTimeout",
        "late_progress": "finishes and deliveries, but a late progress update leaves it IN_PROGRESS for ever",
        "slow_gpu": "takes ten times as long",
        "retried": "the platform loses the worker half-way and queues it again by itself",
        "lost": "vanishes at its end: 404",
        "fail_traceback": "FAILED with a Python traceback as JSON text",
        "prompt_refused": "FAILED by the safety checker",
        "out_of_memory": "FAILED with CUDA out of memory",
        "failed_output": 'FAILED with {"status": "failed"} as output and no error',
        "failed_cost": "the same, with the cost",
        "timed_out": "TIMED_OUT",
        "canceled": "CANCELLED, although nobody asked for it",
        "canceled_cost": "CANCELLED by its caller, or at its end by itself, with the cost in its output",
        "error_in_output": "COMPLETED, with an error inside output",
        "no_output": "COMPLETED without output",
        "empty_images": "COMPLETED with an empty list of images, or no address",
        "corrupt_picture": "the picture's second half is missing",
        "not_a_picture": "an HTML page where the picture should be",
        "bomb_picture": "a small file that unpacks to 900 million pixels",
        "oversized_picture": "a file of 64 MiB; inside output: the bomb",
        "url_hangs": "the picture's address answers, then sends nothing",
        "url_drips": "the picture comes a byte at a time",
        "url_redirects_private": "the picture's address redirects to 169.254.169.254",
        "url_404": "the picture's address answers 404",
    },
    "webhook": {
        "lost": "never deliveries",
        "late": "deliveries 60 s late",
        "doubled": "deliveries twice",
        "early": "the job is done and deliveries before the reply to /run",
        "forged": "somebody else deliveries first: COMPLETED with a foreign picture, while the job still waits",
    },
}

MAGIC_WORDS = {
    "[fail]": "fail_traceback",
    "[refuse]": "prompt_refused",
    "[oom]": "out_of_memory",
    "[stuck]": "stuck",
    "[slow]": "slow_gpu",
    "[lost]": "lost",
    "[timeout]": "timed_out",
    "[empty]": "no_output",
    "[corrupt]": "corrupt_picture",
    "[oversized]": "oversized_picture",
    "[hang]": "url_hangs",
    "[private]": "url_redirects_private",
}
"""What a prompt may contain to make its own job go wrong."""


@dataclass(frozen=True, slots=True)
class _Chance:
    call: str
    fault: str
    probability: float
    endpoint: str | None


class Faults:
    """Which fault comes next; safe to use from any thread."""

    def __init__(self, *, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311  (repeatable, not secret)
        self._next: dict[tuple[str, str | None], deque[str]] = {}
        self._chances: list[_Chance] = []

    def next(self, call: str, fault: str, *, endpoint: str | None = None, times: int = 1) -> None:
        """Let the next `times` calls of this kind go wrong in this way, at one endpoint or at any.

        Faults for the same calls are taken in the order of asking. The names are in FAULTS; an
        empty fault lets one call pass. Raises ValueError for a name that is not there.
        """
        if fault:
            _check(call, fault)
        with self._lock:
            self._next.setdefault((call, endpoint), deque()).extend([fault] * times)

    def chance(
        self, call: str, fault: str, probability: float, *, endpoint: str | None = None
    ) -> None:
        """Let calls of this kind go wrong by chance, drawn from the emulator's seeded generator."""
        _check(call, fault)
        with self._lock:
            self._chances.append(_Chance(call, fault, probability, endpoint))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._next.clear()
            self._chances.clear()

    def take(self, call: str, endpoint: str) -> str:
        """Return the fault for one call that is being made, or an empty string."""
        with self._lock:
            for key in ((call, endpoint), (call, None)):
                if queue := self._next.get(key):
                    return queue.popleft()
            for chance in self._chances:
                mine = chance.call == call and chance.endpoint in (None, endpoint)
                if mine and self._random.random() < chance.probability:
                    return chance.fault
        return ""


def magic_fault(prompt: str) -> str:
    """Return the job fault that a magic word in the prompt asks for, or an empty string."""
    return next((fault for word, fault in MAGIC_WORDS.items() if word in prompt), "")


def _check(call: str, fault: str) -> None:
    if call not in FAULTS:
        raise ValueError(f"no call {call!r}; there are {', '.join(FAULTS)}")
    if fault not in FAULTS[call]:
        raise ValueError(f"no fault {fault!r} of {call}; there are {', '.join(FAULTS[call])}")
