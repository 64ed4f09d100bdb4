"""Whatever providers and workers send is read, or refused with a verdict: nothing else."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from artgen.bounded_json import MAX_DEPTH, MAX_PARTS
from artgen.http.retry_after import MAX_RETRY_AFTER_SECONDS
from artgen.http.untrusted import InvalidJSON, parse_json, storable
from generation.providers import payloads
from generation.providers.call_errors import (
    DETAIL_CHARACTERS,
    CallFailed,
    ProviderError,
    read_error,
    run_error,
)
from generation.providers.comfyui.reply_parsing import (
    parse_choices,
    parse_entry,
    parse_machine,
    parse_queue,
)
from generation.providers.job_report import MAX_MILLISECONDS, JobReport, RemoteState
from generation.providers.payloads import DIALECTS, PUBLIC, OutputError
from generation.providers.payloads.outputs import MAX_IMAGES, Result, result_from
from generation.providers.payloads.vendor_errors import CODES, classify
from generation.providers.replies import Reply
from generation.providers.runpod.health import Health, parse_health
from generation.providers.runpod.provider import report_of
from generation.providers.runpod.report_parsing import (
    InvalidReport,
    parse_progress,
    parse_report,
)
from generation.testing.hostile import ANY_TEXT, any_json, nested

pytestmark = pytest.mark.slow

REPORT = ["id", "status", "output", "error", "delayTime", "executionTime", "workerId", "retries"]
OUTPUT = [
    *("images", "image", "image_url", "url", "data", "message", "output", "result", "filename"),
    *("name", "status", "error", "errors", "detail", "cost", "seed", "info", "refresh_worker"),
]
PROGRESS = ["progress", "percent", "step", "steps", "total", "current", "value", "max"]
STATES = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT", "?", "\0"]
ENDED = [state for state in RemoteState if state.final]
some = settings(max_examples=300, deadline=None, derandomize=True)

reports = st.fixed_dictionaries(
    {"id": ANY_TEXT | st.just("rp-1"), "status": st.sampled_from(STATES) | ANY_TEXT},
    optional={name: any_json(OUTPUT + PROGRESS) for name in REPORT[2:]},
)


def is_storable(value: Any) -> bool:
    """Whether PostgreSQL can store every text in the value."""
    if isinstance(value, dict):
        return all(is_storable(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return all(map(is_storable, value))
    return not isinstance(value, str) or storable(value) == value


@some
@given(any_json(REPORT) | reports)
@example({"id": "a", "status": "COMPLETED", "executionTime": 10**400})
@example({"id": "a", "status": "COMPLETED", "delayTime": 1e300})
@example({"id": "a", "status": "IN_PROGRESS", "output": 10**400})
def test_it_reads_any_report_or_says_that_it_is_none(body: Any) -> None:
    try:
        report = parse_report(body)
    except InvalidReport:
        return
    assert isinstance(report, JobReport)
    for milliseconds in (report.delay_ms, report.execution_ms):
        assert milliseconds is None or 0 <= milliseconds <= MAX_MILLISECONDS
    assert is_storable([report.remote_id, report.error, report.worker_id])


@some
@given(any_json(PROGRESS))
@example("9" * 5000)
@example(10**400)
@example({"step": 10**400, "steps": 1})
@example("1e400")
def test_it_reads_any_progress(output: Any) -> None:
    progress, step, steps = parse_progress(output)
    assert progress is None or (math.isfinite(progress) and 0 <= progress <= 1)
    assert (step is None) == (steps is None)


@some
@given(
    dialect=st.sampled_from([PUBLIC, *DIALECTS]),
    state=st.sampled_from(ENDED),
    output=any_json(OUTPUT),
    error=ANY_TEXT,
)
@example(dialect=PUBLIC, state=RemoteState.COMPLETED, output={"image_url": "https://["}, error="")
@example(dialect=PUBLIC, state=RemoteState.COMPLETED, output=["https://a\0b/c.png"], error="")
@example(dialect=PUBLIC, state=RemoteState.COMPLETED, output=nested(900), error="")
@example(dialect=PUBLIC, state=RemoteState.COMPLETED, output=nested(900, around=7), error="")
@example(dialect=PUBLIC, state=RemoteState.FAILED, output={"error": nested(900)}, error="")
@example(dialect="a1111", state=RemoteState.COMPLETED, output={"info": "[" * 9000}, error="")
@example(dialect="a1111", state=RemoteState.COMPLETED, output={"cost": "1E+999999"}, error="")
def test_it_reads_any_result_or_gives_a_code(
    dialect: str, state: RemoteState, output: Any, error: str
) -> None:
    report = JobReport(remote_id="rp-1", state=state, output=output, error=error)
    payloads.cost_in(report)
    try:
        result = payloads.read(dialect, report)
    except OutputError:  # with a code of CODES, or it could not be created
        return
    assert isinstance(result, Result)
    assert 1 <= len(result.images) <= MAX_IMAGES
    assert is_storable([result.host, list(result.warnings)])
    assert len(result.host) <= 255
    if (stored := result.as_json()) is not None:
        assert is_storable(stored)
        assert result_from(json.loads(json.dumps(stored))).images == result.images


@some
@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=200)
    | reports.map(lambda body: json.dumps(body).encode())
    | st.sampled_from([b"[" * 100_000, b"{" * 100_000, b"1" * 5000, b"\xff\xfe", b"null"]),
)
def test_it_answers_any_reply_with_a_report_or_a_verdict(status: int, body: bytes) -> None:
    answer: JobReport | ProviderError
    try:
        answer = report_of(Reply(status, {}, body), ("x", "rp-1"))
    except ProviderError as verdict:
        answer = verdict
    if isinstance(answer, JobReport):
        assert answer.remote_id == "rp-1"
    else:
        assert len(answer.detail) <= DETAIL_CHARACTERS
        assert is_storable(answer.full_text)


@some
@given(
    status=st.integers(100, 599),
    text=ANY_TEXT | any_json(["error", "message", "detail", "title"]).map(json.dumps),
    retry_after=ANY_TEXT
    | st.from_regex(r"\A(Mon, )?[0-9]{1,6} (Jan|Feb) [0-9]{1,6} [0-9:]{1,9} [-+A-Z0-9]{1,9}\Z"),
)
@example(status=429, text="", retry_after="Mon, 01 Jan 0001 00:00:00 +9999")
@example(status=401, text='{"error": "a\\u0000b\\ud800"}', retry_after="")
def test_it_gives_a_verdict_on_any_refusal(status: int, text: str, retry_after: str) -> None:
    for verdict in (run_error, read_error):
        error = verdict(status, {"Retry-After": retry_after}, text, provider="RunPod")
        assert isinstance(error, ProviderError)
        assert error.retry_after is None or 0 <= error.retry_after <= MAX_RETRY_AFTER_SECONDS
        assert is_storable(error.full_text)


@some
@given(any_json(["error_type", "error_message", "error", "message"]) | ANY_TEXT)
@example(nested(900))
@example("{" * 100_000)
@example({"error": "x" * 100_000})
def test_it_classifies_any_error(error: Any) -> None:
    assert classify(error).code in CODES


@some
@given(any_json(["workers", "jobs", "completed", "idle", "ready"]))
@example({"workers": {"idle": 10**400, "ready": -1}})
def test_it_reads_any_health(body: Any) -> None:
    try:
        health = parse_health(body)
    except CallFailed:
        return
    assert isinstance(health, Health)
    assert isinstance(health.workers_total, int)


COMFYUI = [
    *("queue_pending", "queue_running", "status", "status_str", "messages", "outputs", "images"),
    *("filename", "system", "devices", "vram_free", "vram_total", "input", "required", "options"),
]


@some
@given(st.dictionaries(st.sampled_from(COMFYUI), any_json(COMFYUI)))
@example({"queue_pending": 5, "status": 7, "outputs": [1], "devices": {"a": 1}, "input": "x"})
@example({"outputs": {"9": {"images": 5}, "8": {"images": [{"filename": "a\0b"}]}}})
@example({"devices": [{"vram_free": "x", "vram_total": 10**400}, 7]})
@example({"input": {"required": {"a": ["COMBO", "x"], "b": 5, "c": []}, "optional": [1]}})
@example(
    {
        "status": {
            "messages": [
                ["execution_start", {"timestamp": 1}],
                ["execution_success", {"timestamp": 10**400}],
            ]
        }
    }
)
@example({"status": {"messages": [[["execution_error"], 1], ["execution_error", "a\0b"]]}})
def test_it_reads_any_reply_of_a_comfyui(body: dict[str, Any]) -> None:
    assert set(parse_queue(body).values()) <= {RemoteState.QUEUED, RemoteState.RUNNING}
    assert parse_machine(body).startswith("ComfyUI")
    assert all(isinstance(options, list) for options in parse_choices(body).values())
    report = parse_entry(body, "id-1", view="http://127.0.0.1/view")
    assert report.state.final
    assert report.execution_ms is None or 0 <= report.execution_ms <= MAX_MILLISECONDS
    assert is_storable([report.error, report.output])


def test_it_refuses_an_id_that_cannot_be_stored() -> None:
    for text in ("a\0b", "a\ud800", "a\nb", "", "x" * 101):
        with pytest.raises(InvalidReport):
            parse_report({"id": text, "status": "COMPLETED"})


@pytest.mark.parametrize("bracket", ["[]", "{}"])
def test_it_reads_json_as_deep_as_any_worker_sends_and_no_deeper(bracket: str) -> None:
    def text(depth: int) -> str:
        opening = bracket[0] if bracket[0] == "[" else '{"a":'
        return opening * depth + "1" + bracket[1] * depth

    assert parse_json(text(MAX_DEPTH - 1))
    for depth in (MAX_DEPTH + 1, 500, 100_000):
        with pytest.raises(InvalidJSON):
            parse_json(text(depth))


def test_it_reads_no_more_parts_than_it_may() -> None:
    for part in (b"[]", b"{}", b'""', b"1", b'"\\""'):
        assert parse_json(b"[" + part + b"]") is not None
        with pytest.raises(InvalidJSON):
            parse_json(b"[" + (part + b",") * MAX_PARTS + part + b"]")


def test_it_keeps_a_reply_whose_address_cannot_be_read() -> None:
    for address in ("https://[", "https://a:b/c.png", "https://a\0b/c.png"):
        report = parse_report({"id": "a", "status": "COMPLETED", "output": {"image_url": address}})
        with pytest.raises(OutputError) as raised:
            payloads.read(PUBLIC, report)
        assert (raised.value.code, raised.value.is_unread) == ("unreadable", True)
