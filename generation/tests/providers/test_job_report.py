"""What RunPod says of a job becomes a report, or an error, and never a guess."""

import logging

import pytest

from generation.providers.job_report import RemoteState
from generation.providers.runpod.report_parsing import InvalidReport, parse_progress, parse_report


def test_it_reads_a_finished_job():
    report = parse_report(
        {
            "id": "a-u1",
            "status": "COMPLETED",
            "delayTime": 31618,
            "executionTime": 1437,
            "workerId": "w1",
            "output": {"image_url": "https://image.runpod.ai/a.png"},
            "retries": 1,
        }
    )
    assert report.remote_id == "a-u1"
    assert report.state is RemoteState.COMPLETED
    assert report.state.final
    assert (report.delay_ms, report.execution_ms, report.worker_id, report.retries) == (
        31618,
        1437,
        "w1",
        1,
    )
    assert report.output == {"image_url": "https://image.runpod.ai/a.png"}
    assert (report.progress, report.error) == (None, "")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("IN_QUEUE", RemoteState.QUEUED),
        ("IN_PROGRESS", RemoteState.RUNNING),
        ("RUNNING", RemoteState.RUNNING),
        ("COMPLETED", RemoteState.COMPLETED),
        ("FAILED", RemoteState.FAILED),
        ("CANCELLED", RemoteState.CANCELED),
        ("TIMED_OUT", RemoteState.TIMED_OUT),
    ],
)
def test_it_knows_every_state_of_the_documentation(word, state):
    assert parse_report({"id": "a", "status": word}).state is state


def test_it_takes_an_unknown_state_for_running_and_logs_it(caplog):
    with caplog.at_level(logging.WARNING):
        assert parse_report({"id": "a", "status": "PONDERING"}).state is RemoteState.RUNNING
    assert "PONDERING" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        3,
        {},
        {"id": "a"},
        {"status": "COMPLETED"},
        {"id": "", "status": "FAILED"},
        {"id": 1, "status": "A"},
    ],
)
def test_it_refuses_garbage(body):
    with pytest.raises(InvalidReport):
        parse_report(body)


def test_it_leaves_out_malformed_fields():
    report = parse_report(
        {
            "id": "a",
            "status": "FAILED",
            "delayTime": "soon",
            "executionTime": -1,
            "workerId": 7,
            "error": {"a": 1},
        }
    )
    assert (report.delay_ms, report.execution_ms, report.worker_id) == (None, None, "")
    assert report.error == '{"a": 1}'


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (0.25, (0.25, None, None)),
        (1.0, (1.0, None, None)),
        (43, (0.43, None, None)),
        (1, (0.01, None, None)),
        ("43%", (0.43, None, None)),
        ("12/28", (12 / 28, 12, 28)),
        ("Update 12 / 28", (12 / 28, 12, 28)),
        ("0.5", (0.5, None, None)),
        ({"progress": 0.5}, (0.5, None, None)),
        ({"progress": "75%"}, (0.75, None, None)),
        ({"percent": 20}, (0.2, None, None)),
        ({"step": 7, "steps": 28}, (0.25, 7, 28)),
        ({"step": 7, "total": 28}, (0.25, 7, 28)),
        ({"step": 30, "steps": 28}, (None, None, None)),
        ({"step": 0, "steps": 0}, (None, None, None)),
        ({"progress": {"progress": 1}}, (None, None, None)),
        ("loading the model", (None, None, None)),
        ("30/28", (None, None, None)),
        ("900%", (None, None, None)),
        (-1, (None, None, None)),
        (500, (None, None, None)),
        (float("nan"), (None, None, None)),
        (float("inf"), (None, None, None)),
        (True, (None, None, None)),
        (["12/28"], (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_it_reads_progress_in_every_form_workers_send(output, expected):
    assert parse_progress(output) == expected
