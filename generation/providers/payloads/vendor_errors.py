"""Map a vendor's error text to a stable code, by a table.

The text is kept as `detail` for staff only: it may contain a traceback and host names.
"""

import json
import re
from dataclasses import dataclass

from artgen.http.untrusted import InvalidJSON, parse_json

DETAIL_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    detail: str  # for staff
    retryable: bool  # whether another attempt with the same parameters may succeed


class OutputError(Exception):
    """A finished job made no image.

    `is_unread`: it completed with a cost or with content, so its reply must be kept.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        retryable: bool | None = None,
        is_unread: bool = False,
    ) -> None:
        super().__init__(f"{code}: {detail[:200]}" if detail else code)
        self.code = code
        self.detail = detail[:DETAIL_CHARACTERS]
        self.is_unread = is_unread
        self.retryable = CODES[code] if retryable is None else retryable


# Every code, and whether another attempt may succeed.
CODES = {
    "prompt_refused": False,  # by the vendor's safety checker
    "invalid_input": False,  # the worker refused a parameter
    "source_unreadable": True,  # the next attempt gets a new address
    "lora_unreadable": False,  # no LoRA for this model at the address
    "workflow_invalid": False,  # by ComfyUI, or the worker has no such model or node
    "out_of_memory": True,  # another worker may have more
    "gpu_lost": True,  # the worker's GPU or process died
    "timed_out": True,  # past executionTimeout, or the worker went silent
    "no_output": True,  # finished without an image
    "unreadable": False,  # there is content, but not where an image is looked for
    "invalid_output": False,  # what should be an image is not one
    "canceled": False,  # canceled at RunPod
    "provider_unpaid": False,  # the RunPod account has no funds
    "provider_error": True,  # anything else
}

# The first match wins. Searched case-insensitively in the error's type and message, not in the
# traceback.
_TABLE = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        # First, because the text may quote the address, which may contain any word.
        ("lora_unreadable", r"(fail|unable|cannot|could not|error|invalid).{0,40}\bloras?\b"),
        ("prompt_refused", r"nsfw|safety.?(checker|filter|system)"),
        ("prompt_refused", r"content.?(polic|moderation|moderated|filter|checker|violation)"),
        (
            "prompt_refused",
            r"(sensitive|inappropriate|prohibited|flagged|unsafe)[ _](content|information|prompt)",
        ),
        ("prompt_refused", r"violat.{0,30}(terms|polic|guideline|copyright)|moderation_blocked"),
        (
            "prompt_refused",
            r"(content|request|prompt|image) (was |is |has been )?(flagged|moderated)",
        ),
        (
            "prompt_refused",
            r"(flagged|blocked|rejected) (as|by|for).{0,40}(sensitive|moderation|safety|policy)",
        ),
        ("out_of_memory", r"out ?of ?memory|\bOOM\b|not enough (GPU )?memory"),
        ("provider_unpaid", r"insufficient (funds|balance|credit)|payment required|spending limit"),
        ("provider_unpaid", r"balance is too low"),
        (
            "timed_out",
            r"execution ?time(d)? ?out|job (has )?timed out|exceeded.{0,30}time|TimeoutError",
        ),
        ("source_unreadable", r"(fetch|download|load|open|decod|read).{0,40}\bimages?\b"),
        ("source_unreadable", r"invalid (image url|image_url)|images? (url|array)"),
        ("source_unreadable", r"cannot identify image|UnidentifiedImageError"),
        (
            "workflow_invalid",
            r"workflow validation failed|missing 'workflow'|prompt_outputs_failed_validation",
        ),
        (
            "workflow_invalid",
            r"value.not.in.list|node type.{0,60}not (found|exist)|missing_node_type",
        ),
        ("gpu_lost", r"CUDA error|cudnn|device-side assert|no CUDA GPUs|NVML|\bXid\b"),
        (
            "gpu_lost",
            r"GPU (is |was )?(lost|unavailable)|exit code 1(37|39)|killed by|not reachable",
        ),
        ("gpu_lost", r"worker.{0,20}(exited|crashed|died|lost|terminated|unhealthy)"),
        ("gpu_lost", r"websocket.{0,40}(closed|connection)|connection (refused|reset)"),
        (
            "no_output",
            r"no images? (was |were )?(generated|produced|returned)|produced no (images|output)",
        ),
        (
            "invalid_input",
            r"validation ?error|required|missing|invalid|must be|out of range|not allowed",
        ),
        ("invalid_input", r"unsupported|unexpected input|ValueError"),
        ("invalid_input", r"too (large|small|long|short|many (images|pixels|characters))"),
    )
)


def classify(error: object) -> Failure:
    """Return the code for an error of a worker or RunPod: text, JSON as text, or an object.

    RunPod's SDK sends JSON with error_type, error_message and error_traceback for an exception in a
    handler: https://github.com/runpod/runpod-python (serverless/modules/rp_job.py). An empty error
    is a provider_error.
    """
    detail = error if isinstance(error, str) else json.dumps(error, ensure_ascii=False, default=str)
    message = _message(error)
    for code, pattern in _TABLE:
        if pattern.search(message):
            return Failure(code, detail[:DETAIL_CHARACTERS], CODES[code])
    return Failure("provider_error", detail[:DETAIL_CHARACTERS], CODES["provider_error"])


def output_error(error: object, *, is_paid: bool, is_unread: bool = False) -> OutputError:
    """Return the exception for an error of a worker or RunPod; a paid job is not tried again."""
    failure = classify(error)
    return OutputError(
        failure.code,
        failure.detail,
        retryable=failure.retryable and not is_paid,
        is_unread=is_unread,
    )


_MESSAGES = ("error_type", "error_message", "error", "message", "detail")


def _message(error: object) -> str:
    """Return an error's type and message without its traceback, which would match anything."""
    if isinstance(error, str) and error.lstrip().startswith("{"):
        text = error
        try:
            error = parse_json(text)
        except InvalidJSON:
            return _before_traceback(text)
    if isinstance(error, dict):
        parts = (error.get(key) for key in _MESSAGES)
        return " ".join(_before_traceback(part) for part in parts if isinstance(part, str))[
            :DETAIL_CHARACTERS
        ]
    if isinstance(error, list):
        return " ".join(_message(part) for part in error)[:DETAIL_CHARACTERS]
    return _before_traceback(str(error or ""))


def _before_traceback(text: str) -> str:
    """Return the text with a Python traceback reduced to its last line, the exception."""
    head, mark, tail = text.partition("Traceback (most recent call last)")
    if not mark:
        return text[:DETAIL_CHARACTERS]
    lines = [line for line in tail.splitlines() if line.strip()]
    return f"{head} {lines[-1] if lines else ''}"[:DETAIL_CHARACTERS]
