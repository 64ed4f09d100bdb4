"""Simulated failures.

Planned by a test, random in a load or race test, or by magic words in prompts of the demo.

A fault belongs to an API call, to `job` (the result of an accepted job) or to `webhook` (its
delivery).
"""

import random
import threading
from collections import Counter, deque
from dataclasses import dataclass

from .output_formats import FURTHER_SHAPES

_READS = {
    "refuse_400": "400",
    "refuse_401": "401",
    "refuse_403": "403",
    "rate_429": "429 with Retry-After: 1",
    "rate_429_bare": "429 without Retry-After, which RunPod does not document",
    "error_5xx": "500 with a JSON error",
    "html_502": "502 with a gateway's HTML page",
    "break_before": "the connection breaks before the call is done",
    "break_after": "the call is done, then the connection breaks before the reply",
    "garbage": "the call is done, the reply is not valid JSON",
    "truncated": "the call is done, the connection breaks during the reply",
    "slow": "the call is done, the reply comes after `slow_seconds` of real time",
}
FAULTS: dict[str, dict[str, str]] = {
    "run": _READS
    | {
        "refuse_402": "402",
        "refuse_404": "404 `endpoint not found`",
        "refuse_413": "413",
        "error_5xx_after": "the job is accepted, then 500",
        "no_id": "the job is accepted, the reply is an empty object",
        "accept_twice": "two jobs are accepted, the reply names the second (for controls)",
    },
    "images": _READS
    | {
        "refuse_402": "402",
        "refuse_404": "404",
        "refuse_413": "413",
        "refuse_422": "422",
        "error_5xx_after": "the image is made, then 500",
        "raw": "the reply is not JSON but bytes",
        "prompt_refused": "400 by the safety checker",
        "no_output": "a reply without images",
        "empty_images": "a reply with an empty image",
        "corrupt_image": "the second half of the image is missing",
    },
    "status": _READS
    | {
        "lost_404": "404 `job not found` once; the job still exists",
        "unknown_state": "an unknown status",
        "other_job": "the report of another job",
    },
    "cancel": _READS,
    "health": _READS,
    "models": _READS,
    "chat": {
        **{name: text for name, text in _READS.items() if name not in ("break_after", "truncated")},
        "refuse_404": "404 `endpoint not found`",
        "no_choices": "200 with an empty list of choices",
        "empty_text": "200 with a blank text",
        "cut_off": "200 with a text that was cut off (finish_reason length)",
        "filtered": "200 with finish_reason content_filter",
        "too_long": "200 with a text that is too long for a prompt",
        "thinks": "the text is in quotes, after the model's thoughts",
        "huge": "200 with a reply of 3 MB",
        "redirects": "a redirect to 169.254.169.254",
        "drips": "the body arrives byte by byte",
        "drips_headers": "the headers arrive byte by byte",
    },
    "job": {
        "waits": "stays IN_QUEUE",
        "stuck": "stays IN_PROGRESS, even after its executionTimeout",
        "late_progress": "finishes and calls the webhook, but a late progress update resets it to "
        "IN_PROGRESS",
        "slow_gpu": "takes ten times as long",
        "retried": "the worker is lost during the job, which is queued again by the platform",
        "lost": "disappears when it finishes: 404",
        "fail_traceback": "FAILED with a Python traceback as JSON text",
        "prompt_refused": "FAILED by the safety checker",
        "out_of_memory": "FAILED with CUDA out of memory",
        "failed_output": 'FAILED with {"status": "failed"} as output and no error',
        "failed_cost": "the same, with the cost",
        "timed_out": "TIMED_OUT",
        "canceled": "CANCELLED without a request",
        "canceled_cost": "CANCELLED by request or otherwise, with the cost in its output",
        "error_in_output": "COMPLETED with an error in the output",
        "no_output": "COMPLETED without output",
        "empty_images": "COMPLETED with an empty list of images, or without a URL",
        **{name: f"COMPLETED with {text}" for name, text in FURTHER_SHAPES.items()},
        "corrupt_image": "the second half of the image is missing",
        "not_an_image": "an HTML page instead of the image",
        "bomb_image": "a small file that decodes to 900 million pixels",
        "oversized_image": "a file of 64 MiB; inline, the decompression bomb",
        "url_hangs": "the image's URL responds, then sends nothing",
        "url_drips": "the image is sent byte by byte",
        "url_redirects_private": "the image's URL redirects to 169.254.169.254",
        "url_404": "the image's URL returns 404",
    },
    "webhook": {
        "lost": "never delivered",
        "late": "delivered `late_seconds` late",
        "doubled": "delivered twice",
        "early": "the job is done and its webhook is delivered before the reply to /run",
        "forged": "a third party calls first: COMPLETED with a foreign image while the job waits",
        "foreign": "a third party calls first, and names another job that has been read before",
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
    "[corrupt]": "corrupt_image",
    "[oversized]": "oversized_image",
    "[hang]": "url_hangs",
    "[private]": "url_redirects_private",
}
"""Words in a prompt that make its own job fail."""


@dataclass(frozen=True, slots=True)
class _Chance:
    call: str
    fault: str
    probability: float
    endpoint: str | None


class Faults:
    def __init__(self, *, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._next: dict[tuple[str, str | None], deque[str]] = {}
        self._chances: list[_Chance] = []
        self._taken: Counter[tuple[str, str]] = Counter()

    @property
    def taken(self) -> dict[str, dict[str, int]]:
        """How often each fault has happened so far, by call and fault."""
        counts: dict[str, dict[str, int]] = {}
        with self._lock:
            for (call, fault), count in self._taken.items():
                counts.setdefault(call, {})[fault] = count
        return counts

    def next(self, call: str, fault: str, *, endpoint: str | None = None, times: int = 1) -> None:
        """Plan a fault for the next `times` calls of this kind, at one endpoint or any.

        Faults for the same calls are used in the order of planning. An empty fault lets one call
        succeed. Raise ValueError for a name that is not in FAULTS.
        """
        if fault:
            _check(call, fault)
        with self._lock:
            self._next.setdefault((call, endpoint), deque()).extend([fault] * times)

    def chance(
        self, call: str, fault: str, probability: float, *, endpoint: str | None = None
    ) -> None:
        """Make calls of this kind fail randomly, from the emulator's seeded generator."""
        _check(call, fault)
        with self._lock:
            self._chances.append(_Chance(call, fault, probability, endpoint))

    def clear(self) -> None:
        with self._lock:
            self._next.clear()
            self._chances.clear()

    def take(self, call: str, endpoint: str) -> str:
        """Return the fault of the current call, "" for none."""
        with self._lock:
            fault = self._take(call, endpoint)
            if fault:
                self._taken[call, fault] += 1
        return fault

    def _take(self, call: str, endpoint: str) -> str:
        for key in ((call, endpoint), (call, None)):
            if queue := self._next.get(key):
                return queue.popleft()
        for chance in self._chances:
            mine = chance.call == call and chance.endpoint in (None, endpoint)
            if mine and self._random.random() < chance.probability:
                return chance.fault
        return ""


def magic_fault(prompt: str) -> str:
    """Return the job fault of a magic word in the prompt, "" for none."""
    return next((fault for word, fault in MAGIC_WORDS.items() if word in prompt), "")


def _check(call: str, fault: str) -> None:
    if call not in FAULTS:
        raise ValueError(f"unknown call {call!r}; calls are {', '.join(FAULTS)}")
    if fault not in FAULTS[call]:
        raise ValueError(f"unknown fault {fault!r} of {call}; faults are {', '.join(FAULTS[call])}")
