"""WaveSpeed's calls in the terms of the engine, against the emulator."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.demo.emulator.wavespeed_replies import WEBHOOK_SECRET, signature
from generation.providers.access import HttpLimits
from generation.providers.call_errors import (
    CallFailed,
    EndpointMissing,
    Gone,
    JobRefused,
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
)
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.payloads import PUBLIC, OutputError
from generation.providers.provider import Order
from generation.providers.wavespeed.provider import WaveSpeed
from generation.providers.wavespeed.report_parsing import InvalidPrediction, parse_prediction
from generation.testing.servers.raw_server import http, raw_server

MODEL, KEY = "wavespeed-ai/flux-dev", "test"
ORDER = Order(endpoint_id=MODEL, input={"prompt": "a pier", "size": "256*256"}, webhook=None)
MONTH = {"start": datetime(2026, 10, 1, tzinfo=UTC), "end": datetime(2026, 11, 1, tzinfo=UTC)}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(EmulatorOptions(manual=True, api_key=KEY)) as emulator:
        yield emulator


@pytest.fixture
def wavespeed(emulator: Emulator) -> WaveSpeed:
    return provider(emulator)


def provider(emulator: Emulator, key: str = KEY, *, url: str = "") -> WaveSpeed:
    return WaveSpeed(
        base_url=url or emulator.wavespeed_url,
        api_key=key,
        webhook_secret=WEBHOOK_SECRET,
        limits=HttpLimits(run_seconds=2, read_seconds=2),
    )


def test_it_makes_an_image(wavespeed: WaveSpeed, emulator: Emulator) -> None:
    submission = wavespeed.submit(ORDER)
    assert submission.state is RemoteState.QUEUED
    ref = MODEL, submission.remote_id
    emulator.advance(1)
    assert wavespeed.report(ref).state is RemoteState.RUNNING
    emulator.advance(10)
    report = wavespeed.reports([ref])[ref]
    assert isinstance(report, JobReport)
    assert (report.state, report.execution_ms) == (RemoteState.COMPLETED, 5000)
    result = wavespeed.result(report, dialect=PUBLIC, images_at="")
    assert result.images[0].url
    assert result.cost is None, "no reply has the cost"
    kept = wavespeed.report_in(json.loads(json.dumps(report.body)))
    assert wavespeed.result(kept, dialect=PUBLIC, images_at="") == result


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("rate_429", NotAccepted),
        ("refuse_401", KeyRefused),
        ("refuse_404", EndpointMissing),
        ("refuse_400", JobRefused),
        ("break_before", OutcomeUnknown),
        ("break_after", OutcomeUnknown),
        ("html_502", OutcomeUnknown),
        ("garbage", OutcomeUnknown),
        ("no_id", OutcomeUnknown),
        ("truncated", OutcomeUnknown),
    ],
)
def test_a_failed_submission_is_a_verdict(
    wavespeed: WaveSpeed, emulator: Emulator, fault: str, verdict: type[Exception]
) -> None:
    emulator.faults.next("run", fault)
    with pytest.raises(verdict):
        wavespeed.submit(ORDER)


@pytest.mark.parametrize(
    ("fault", "verdict"), [("lost_404", Gone), ("html_502", CallFailed), ("other_job", CallFailed)]
)
def test_a_failed_read_is_a_verdict(
    wavespeed: WaveSpeed, emulator: Emulator, fault: str, verdict: type[Exception]
) -> None:
    ref = MODEL, wavespeed.submit(ORDER).remote_id
    emulator.faults.next("status", fault)
    with pytest.raises(verdict):
        wavespeed.report(ref)


def test_a_failed_job_says_why(wavespeed: WaveSpeed, emulator: Emulator) -> None:
    emulator.faults.next("job", "prompt_refused")
    ref = MODEL, wavespeed.submit(ORDER).remote_id
    emulator.advance(10)
    with pytest.raises(OutputError) as refused:
        wavespeed.result(wavespeed.report(ref), dialect=PUBLIC, images_at="")
    assert refused.value.code == "prompt_refused"


def test_a_refused_prompt_is_told_from_refused_settings(emulator: Emulator) -> None:
    for text, code in (
        (b"prompt violates the content policy", "prompt_refused"),
        (b"size is out of range", "invalid_input"),
    ):
        body = b'{"code": 400, "message": "%s"}' % text
        with raw_server(http("400 Bad Request", body)) as server:
            wavespeed = provider(emulator, url=f"http://127.0.0.1:{server.port}")
            with pytest.raises(JobRefused) as refused:
                wavespeed.submit(ORDER)
        assert refused.value.code == code


def test_an_image_that_is_marked_as_nsfw_is_a_refused_prompt(wavespeed: WaveSpeed) -> None:
    prediction = {"id": "a", "status": "completed", "outputs": ["https://cdn/a.png"]}
    for marks in ([True], True):
        report = wavespeed.report_in({"data": prediction | {"has_nsfw_contents": marks}})
        with pytest.raises(OutputError) as refused:
            wavespeed.result(report, dialect=PUBLIC, images_at="")
        assert (refused.value.code, report.has_run) == ("prompt_refused", True)
    for marks in ([False], [], None):
        report = wavespeed.report_in({"data": prediction | {"has_nsfw_contents": marks}})
        assert wavespeed.result(report, dialect=PUBLIC, images_at="").images


def test_a_probe_says_whether_key_and_model_are_valid(emulator: Emulator) -> None:
    assert isinstance(provider(emulator).probe(MODEL), Gone)
    assert isinstance(provider(emulator).probe("wavespeed-ai/none"), EndpointMissing)
    assert isinstance(provider(emulator, key="wrong").probe(MODEL), KeyRefused)


def test_a_bill_has_each_model(wavespeed: WaveSpeed, emulator: Emulator) -> None:
    wavespeed.submit(ORDER)
    emulator.advance(10)
    now, day = datetime.now(UTC), timedelta(days=1)
    bill = wavespeed.bill(start=now - day, end=now + day)
    assert bill.own == {MODEL: Decimal("0.0108")}, "the account has a discount"
    assert wavespeed.bill(**MONTH).own == {}
    with pytest.raises(KeyRefused):
        provider(emulator, key="").bill(**MONTH)


def webhook(body: dict[str, Any], *, of: bytes | None = None) -> tuple[bytes, dict[str, str]]:
    data = json.dumps(body).encode()
    return data, signature(data if of is None else of, message_id="m1")


def test_a_webhook_counts_only_with_its_signature(wavespeed: WaveSpeed) -> None:
    data, headers = webhook({"data": {"id": "one"}})
    assert wavespeed.webhook_id(data, headers) == "one"
    assert wavespeed.webhook_id(data.replace(b"one", b"two"), headers) == ""
    assert wavespeed.webhook_id(data, {}) == ""
    assert wavespeed.webhook_id(data, headers | {"webhook-timestamp": "1"}) == "", "too old"
    assert wavespeed.webhook_id(data, headers | {"webhook-id": "m2"}) == ""
    for odd in ({"data": []}, {"data": {"id": 1}}, {}):
        assert wavespeed.webhook_id(*webhook(odd)) == ""


@pytest.mark.parametrize("body", [None, [], {}, {"data": {"id": "a"}}, {"data": {"status": "x"}}])
def test_what_is_no_report_is_an_error(body: object) -> None:
    with pytest.raises(InvalidPrediction):
        parse_prediction(body)
