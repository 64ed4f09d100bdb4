"""Calls of servers with OpenAI's image API in the terms of the engine, against the emulator."""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageChops

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.imaging import mask_image
from generation.providers.access import BearerAccess, HttpLimits, OwnKey
from generation.providers.call_errors import (
    CallFailed,
    EndpointMissing,
    Gone,
    JobRefused,
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
)
from generation.providers.image_server.image_stream import ImageStream
from generation.providers.image_server.provider import ImageServer
from generation.providers.job_report import JobReport
from generation.providers.payloads import PUBLIC, OutputError
from generation.providers.payloads.comfyui import data_uri
from generation.providers.provider import Order
from generation.testing.rows.image_files import noise
from generation.testing.services import free_port

MODEL, KEY = "sd-3.5-large", "test"
ORDER = Order(endpoint_id=MODEL, input={"prompt": "a pier", "size": "64x64"}, webhook=None)
MONTH = {"start": datetime(2026, 11, 1, tzinfo=UTC), "end": datetime(2026, 12, 1, tzinfo=UTC)}
LIMITS = HttpLimits(run_seconds=1, read_seconds=1)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(EmulatorOptions(manual=True, api_key=KEY, slow_seconds=3)) as emulator:
        yield emulator


@pytest.fixture
def server(emulator: Emulator) -> ImageServer:
    return server_at(emulator.image_server_url)


def server_at(address: str, *, key: str = KEY, **options: Any) -> ImageServer:
    access = BearerAccess(address, key, **options.pop("access", {}))
    return ImageServer(name="The server", access=access, limits=LIMITS, **options)


def report_of(server: ImageServer, order: Order = ORDER) -> JobReport:
    report = server.submit(order).report
    assert report is not None
    return report


def test_the_reply_has_the_image(server: ImageServer, emulator: Emulator) -> None:
    report = report_of(server)
    image = server.result(report, dialect=PUBLIC, images_at="").images[0]
    assert image.data is not None
    assert image.data.startswith(b"\x89PNG")
    kept = server.report_in(json.loads(json.dumps(report.body)))
    assert server.result(kept, dialect=PUBLIC, images_at="").images[0] == image
    assert [call.call for call in emulator.calls] == ["images"]


def test_the_reply_may_have_its_address(server: ImageServer, emulator: Emulator) -> None:
    emulator.output_formats.set(MODEL, shape="image_url")
    result = server.result(report_of(server), dialect=PUBLIC, images_at="")
    assert (result.images[0].url or "").startswith(f"http://{emulator.image_host}/")


def test_a_reply_that_is_not_json_is_kept_whole(server: ImageServer, emulator: Emulator) -> None:
    emulator.faults.next("images", "raw")
    report = report_of(server)
    assert base64.b64decode(report.body["data_b64"]).startswith(b"\x89PNG")
    assert server.result(report, dialect=PUBLIC, images_at="").images[0].data


@pytest.mark.parametrize("count", [1, 2])
def test_an_edit_sends_its_images_as_files(
    server: ImageServer, emulator: Emulator, count: int
) -> None:
    images = [data_uri(noise(64, 32 + number)) for number in range(count)]
    mask = Pillow.new("L", (64, 32))
    mask.paste(255, (8, 8, 24, 24))
    order = {"prompt": "a pier", "size": "64x32", "seed": 7, "fast": True}
    order |= {"image": images if count > 1 else images[0], "mask": data_uri(mask_image.png(mask))}
    edit = Order(endpoint_id=MODEL, input=order, webhook=None)
    assert server.result(report_of(server, edit), dialect=PUBLIC, images_at="").images
    (call,) = emulator.calls
    assert call.path == "/v1/images/edits"
    sent: Any = call.json
    assert (sent["seed"], sent["image"]) == (7, images)
    (area,) = sent["mask"]
    alpha = Pillow.open(io.BytesIO(base64.b64decode(area.partition(",")[2]))).getchannel("A")
    assert alpha.tobytes() == ImageChops.invert(mask).tobytes(), "transparent: to be changed"


def test_an_image_that_is_elsewhere_is_not_sent(server: ImageServer, emulator: Emulator) -> None:
    order = ORDER.input | {"image": "https://example.org/a.png"}
    with pytest.raises(JobRefused):
        server.submit(Order(endpoint_id=MODEL, input=order, webhook=None))
    assert emulator.calls == []


def test_yandex_gets_its_scheme_its_folder_and_its_names(emulator: Emulator) -> None:
    yandex = server_at(
        emulator.image_server_url,
        access={"scheme": "Api-Key", "more_headers": {"OpenAI-Project": "b1g"}},
        model_prefix="art://b1g/",
    )
    order = Order(endpoint_id="aliceai-image-art-3.0/latest", input=ORDER.input, webhook=None)
    assert yandex.result(report_of(yandex, order), dialect=PUBLIC, images_at="").images
    assert yandex.request(order)[1]["model"] == "art://b1g/aliceai-image-art-3.0/latest"
    other = Order(endpoint_id="art://b1h/other", input={}, webhook=None)
    assert yandex.request(other)[1]["model"] == "art://b1h/other", "a whole name stays"


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("rate_429", NotAccepted),
        ("refuse_402", NotAccepted),
        ("refuse_401", KeyRefused),
        ("refuse_403", KeyRefused),
        ("refuse_404", EndpointMissing),
        ("refuse_400", JobRefused),
        ("refuse_413", JobRefused),
        ("refuse_422", JobRefused),
        ("break_before", OutcomeUnknown),
        ("break_after", OutcomeUnknown),
        ("truncated", OutcomeUnknown),
        ("html_502", OutcomeUnknown),
        ("error_5xx_after", OutcomeUnknown),
        ("slow", OutcomeUnknown),
    ],
)
def test_a_failed_call_is_a_verdict(
    server: ImageServer, emulator: Emulator, fault: str, verdict: type[Exception]
) -> None:
    emulator.faults.next("images", fault)
    with pytest.raises(verdict):
        server.submit(ORDER)


def test_a_server_that_is_away_was_not_asked() -> None:
    with pytest.raises(NotAccepted):
        server_at(f"http://127.0.0.1:{free_port()}/v1").submit(ORDER)


def test_a_refused_prompt_is_not_invalid_input(server: ImageServer, emulator: Emulator) -> None:
    emulator.faults.next("images", "prompt_refused")
    with pytest.raises(JobRefused) as refused:
        server.submit(ORDER)
    assert refused.value.code == "prompt_refused"
    assert refused.value.detail.startswith("moderation_blocked: ")
    with pytest.raises(JobRefused) as invalid:
        server.submit(Order(endpoint_id=MODEL, input={"prompt": "a", "size": "big"}, webhook=None))
    assert invalid.value.code == "invalid_input"


@pytest.mark.parametrize("fault", ["no_output", "empty_images"])
def test_a_reply_without_an_image_is_not_bought_again(
    server: ImageServer, emulator: Emulator, fault: str
) -> None:
    emulator.faults.next("images", fault)
    report = report_of(server)
    with pytest.raises(OutputError) as empty:
        server.result(report, dialect=PUBLIC, images_at="")
    assert not empty.value.retryable


def test_a_probe_says_whether_key_and_model_are_valid(emulator: Emulator) -> None:
    address = emulator.image_server_url
    assert isinstance(server_at(address).probe(MODEL), Gone)
    assert isinstance(server_at(address).probe("none"), EndpointMissing)
    assert isinstance(server_at(address, lists_models=False).probe("none"), Gone)
    assert isinstance(server_at(address, key="wrong").probe(MODEL), KeyRefused)
    assert isinstance(server_at(address.replace("/v1", "/v0")).probe(MODEL), Gone), "no list"
    assert isinstance(server_at(f"http://127.0.0.1:{free_port()}").probe(MODEL), CallFailed)


def test_nobody_can_ask_for_a_job(server: ImageServer) -> None:
    ref = MODEL, "call-1"
    server.cancel(ref)
    assert server.reports([ref]) == {}
    assert server.webhook_id(b"{}", {}) == ""
    with pytest.raises(Gone):
        server.report(ref)
    with pytest.raises(CallFailed):
        server.bill(**MONTH)


def test_an_address_of_its_own_gets_its_own_key_alone(emulator: Emulator) -> None:
    own = f"{emulator.image_server_url}#{ORDER.endpoint_id}"
    site = BearerAccess("http://127.0.0.1:1", "of-the-site")
    order = replace(ORDER, endpoint_id=own)
    for keys, refused in (({}, KeyRefused), ({own: OwnKey("", "test")}, Gone)):
        server = ImageServer(name="It", access=site, limits=LIMITS, own_keys=keys)
        assert isinstance(server.probe(own), refused)
        assert server.request(order)[1]["model"] == ORDER.endpoint_id
    assert report_of(server, order).output["data"]


def test_it_reads_a_stream(server: ImageServer) -> None:
    reports: list[JobReport] = []
    streamed = ORDER.input | {"stream": True, "partial_images": 2}
    order = replace(ORDER, input=streamed, on_report=reports.append)
    images = server.result(report_of(server, order), dialect=PUBLIC, images_at="").images
    assert [(report.progress, report.step) for report in reports] == [(1 / 3, None), (2 / 3, None)]
    assert [report.output for report in reports] == [images[0].data] * 2


def stream_of(*chunks: bytes) -> tuple[ImageStream, list[JobReport]]:
    reports: list[JobReport] = []
    stream = ImageStream(partial_images=1, on_report=reports.append)
    for chunk in chunks:
        stream.feed(chunk)
    return stream, reports


def test_it_reads_steps_and_broken_chunks() -> None:
    stream, reports = stream_of(
        b": step 1/4\n\ndata: {bad\n: st", b"ep 4/4\ndata: [DONE]\n", b": hello\n: step 9/2"
    )
    assert [(report.progress, report.step) for report in reports] == [(0.25, 1), (1.0, 4)]
    with pytest.raises(OutcomeUnknown):
        stream.answer(provider="It")


def test_a_doubled_end_of_a_stream_is_one_image() -> None:
    event = json.dumps({"type": "image_generation.completed", "b64_json": "aQ=="})
    stream, _reports = stream_of(f"data: {event}\n\n".encode() * 2)
    assert stream.answer(provider="It") == {"data": [{"b64_json": "aQ=="}]}


def test_an_error_in_a_stream_refuses_the_job() -> None:
    event = json.dumps({"type": "error", "error": {"message": "out of memory"}})
    stream, _reports = stream_of(f"data: {event}\n".encode())
    with pytest.raises(JobRefused) as refusal:
        stream.answer(provider="It")
    assert (refusal.value.code, refusal.value.detail) == ("out_of_memory", "out of memory")
