"""Every dialect.

Every recorded and documented reply read back, and what is to be made of others.
"""

import base64
import json
from decimal import Decimal
from pathlib import Path

import pytest

from generation.imaging.image_decoding import decode
from generation.providers import payloads
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.payloads import DIALECTS, PUBLIC, OutputError
from generation.providers.runpod.report_parsing import parse_report

FIXTURES = Path(__file__).parent / "fixtures"


def load(name):
    return parse_report(json.loads((FIXTURES / f"{name}.json").read_text()))


def dialect_of(name):
    fitting = [dialect for dialect in DIALECTS if name.startswith(f"{dialect}_")]
    return max(fitting, key=len) if fitting else PUBLIC


RESULTS = {
    "flux_recorded": (1, None, "0.003", "result.jpeg"),
    "z_image_recorded": (1, None, "0.005", "result.png"),
    "qwen_edit_recorded": (1, None, "0.02", "a1b2c3d4-u1.jpeg"),
    "flux_completed": (1, None, "0.0209715", "output.png"),
    "kontext_completed": (1, None, "0.031457", "output.png"),
    "qwen_completed": (1, None, "0.02097152", "output.png"),
    "qwen_edit_completed": (1, None, "0.02097152", "output.jpg"),
    "qwen_edit_2511_completed": (1, None, "0.02", "output.png"),
    "seedream_completed": (1, None, "0.027", "output.jpeg"),
    "seedream_edit_completed": (1, None, "0.028311", "output.png"),
    "z_image_completed": (1, None, "0.005", "output.png"),
    "p_image_completed": (1, None, "0.005", "output.png"),
    "p_image_edit_completed": (1, None, "0.01", "output.png"),
    "wan_completed": (1, None, "0.03", "output.png"),
    "comfyui_completed_base64": (1, None, None, "ComfyUI_00001_.png"),
    "comfyui_completed_s3": (1, None, None, "ComfyUI_00001_.png"),
    "comfyui_with_warnings": (2, None, None, "a.png"),
    "comfyui_before_5_base64": (1, None, None, ""),
    "comfyui_before_5_url": (1, None, None, "ComfyUI_00001_.png"),
    "a1111_completed": (1, 42, None, ""),
    "sdxl_completed_data_uri": (1, 42, None, ""),
    "sdxl_completed_urls": (2, 42, None, "0.png"),
    "sdxl_turbo_completed": (1, 1, None, ""),
}
FAILURES = {
    "flux_recorded_failure": ("provider_error", True),
    "kontext_source_unreadable": ("source_unreadable", True),
    "seedream_edit_source_unreadable": ("source_unreadable", True),
    "qwen_error_in_output": ("prompt_refused", False),
    "qwen_no_output": ("no_output", True),
    "flux_prompt_refused": ("prompt_refused", False),
    "comfyui_no_images": ("no_output", True),
    "comfyui_workflow_invalid": ("workflow_invalid", False),
    "comfyui_workflow_missing": ("workflow_invalid", False),
    "comfyui_not_reachable": ("gpu_lost", True),
    "sdxl_traceback": ("out_of_memory", True),
    "any_timed_out": ("timed_out", True),
    "any_canceled": ("canceled", False),
}


def test_it_is_tested_with_every_fixture_and_every_dialect_has_one():
    names = {path.stem for path in FIXTURES.glob("*.json")}
    assert names == {*RESULTS, *FAILURES, "flux_in_progress"}
    assert {dialect_of(name) for name in RESULTS} == {PUBLIC, *DIALECTS}


@pytest.mark.parametrize("name", RESULTS)
def test_it_reads_the_reply(name):
    pictures, seed, cost, filename = RESULTS[name]
    result = payloads.read(dialect_of(name), load(name))
    assert len(result.images) == pictures
    assert result.seed == seed
    assert result.cost == (Decimal(cost) if cost else None)
    assert result.images[0].filename == filename
    for picture in result.images:
        assert (picture.url is None) != (picture.data is None)
        if picture.data is not None:
            assert decode(picture.data)[0].width == 16
        else:
            assert picture.url.startswith("https://")


@pytest.mark.parametrize("name", FAILURES)
def test_it_reads_the_failure(name):
    code, retryable = FAILURES[name]
    with pytest.raises(OutputError) as caught:
        payloads.read(dialect_of(name), load(name))
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


VIDEO = base64.b64encode(b"\0\0\0\x18ftypmp42" + bytes(40)).decode()


def completed(output, **fields):
    return JobReport(remote_id="a", state=RemoteState.COMPLETED, output=output, **fields)


URL = "https://image.runpod.ai/a.png"


@pytest.mark.parametrize(
    "output",
    [
        {"cost": 0.02, "result": URL},
        [{"cost": 0.005, "result": URL}],
        {"image_url": URL},
        {"image": URL},
        {"images": [URL]},
        {"images": [{"image": URL}]},
        {"images": [{"url": URL}]},
        {"images": [{"image_url": URL}]},
        {"images": [{"data": URL, "type": "s3_url", "filename": "a.png"}]},
        {"result": {"image_url": URL}},
        {"output": {"image_url": URL}},
        {"status": "success", "message": URL},
        [{"image": URL, "seed": 46578}],
        [URL],
        URL,
        json.dumps({"image_url": URL}),
        f"  {URL}\n",
    ],
)
def test_it_finds_the_picture_in_every_shape(output):
    result = payloads.read(PUBLIC, completed(output))
    assert [picture.url for picture in result.images] == [URL]


def test_it_takes_a_picture_in_spite_of_an_error_beside_it():
    result = payloads.read(PUBLIC, completed({"image_url": URL}, error="telemetry failed"))
    assert result.warnings == ("telemetry failed",)
    assert len(result.images) == 1


@pytest.mark.parametrize(
    ("output", "code"),
    [
        (None, "no_output"),
        ({}, "no_output"),
        ([], "no_output"),
        ("", "no_output"),
        ({"image_url": ""}, "no_output"),
        ({"images": []}, "no_output"),
        ({"status": "success", "message": "all is well today"}, "no_output"),
        ({"step": 3, "steps": 3}, "no_output"),
        ({"error": "CUDA out of memory"}, "out_of_memory"),
        ({"status": "error", "message": "insufficient balance"}, "provider_unpaid"),
        ({"status": "failed", "message": "no idea"}, "provider_error"),
        ({"images": [], "errors": ["CUDA error: device-side assert triggered"]}, "gpu_lost"),
        ("not?base64!", "no_output"),
        ({"cost": 0.02, "images": []}, "no_output"),
        ({"images": [{"data": "data:image/png;base64,"}]}, "unreadable"),
        ({"image_url": "ftp://somewhere/a.png"}, "unreadable"),
        ({"artifacts": [{"payload": "A" * 100}]}, "unreadable"),
        ({"video": VIDEO}, "invalid_output"),
        ({"images": [{"filename": "a.mp4", "data": VIDEO}]}, "invalid_output"),
        ({"cost": 0.26, "result": "https://video.runpod.ai/a.mp4?signature=b"}, "invalid_output"),
        ({"cost": 0.02, "status": "error", "message": "NSFW content"}, "prompt_refused"),
    ],
)
def test_it_says_why_there_is_no_picture(output, code):
    with pytest.raises(OutputError) as caught:
        payloads.read(PUBLIC, completed(output))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("output", "is_unread"),
    [
        ({"image": [137, 80, 78, 71] * 100}, True),
        ({"image": [[[0, 0, 0]] * 16] * 16}, True),
        ({"status": "success", "message": "s3://bucket/a.png"}, True),
        ({"status": "success", "message": "finished in 3 s"}, False),
        ({"images": [], "seeds": [1, 2, 3], "parameters": {"sigmas": [0.5] * 500}}, False),
    ],
)
def test_it_keeps_what_has_any_content_and_does_not_buy_it_again(output, is_unread):
    with pytest.raises(OutputError) as caught:
        payloads.read(PUBLIC, completed(output))
    assert caught.value.is_unread is is_unread
    assert caught.value.retryable is not is_unread


@pytest.mark.parametrize(
    "state", [RemoteState.COMPLETED, RemoteState.FAILED, RemoteState.TIMED_OUT]
)
@pytest.mark.parametrize(("cost", "is_retryable"), [(0, True), (0.02, False)])
def test_it_calls_nothing_retryable_that_was_paid_for(state, cost, is_retryable):
    output = {"cost": cost, "errors": ["CUDA out of memory"]}
    with pytest.raises(OutputError) as caught:
        payloads.read(PUBLIC, JobReport(remote_id="a", state=state, output=output))
    assert caught.value.retryable == is_retryable


@pytest.mark.parametrize(
    "output",
    [
        {"data": [{"b64_json": URL}, {"b64_json": URL}], "image": "https://example.org/mask.png"},
        [{"data": [{"b64_json": URL}]}, {"data": {"b64_json": URL}}],
    ],
)
def test_it_looks_where_the_request_format_says(output):
    result = payloads.read(PUBLIC, completed(output), images_at="data[].b64_json")
    assert [picture.url for picture in result.images] == [URL, URL]
    with pytest.raises(OutputError) as caught:
        payloads.read(PUBLIC, completed(output), images_at="images[].url")
    assert (caught.value.code, caught.value.is_unread) == ("unreadable", True)


@pytest.mark.parametrize(
    ("cost", "expected"), [(0.02, Decimal("0.02")), ("0.1", Decimal("0.1")), (0, Decimal(0))]
)
def test_it_reads_the_cost_exactly(cost, expected):
    assert payloads.read(PUBLIC, completed({"image_url": URL, "cost": cost})).cost == expected


@pytest.mark.parametrize("cost", [True, None, "free", [1], -1, float("nan"), float("inf")])
def test_it_leaves_out_a_cost_that_is_none(cost):
    assert payloads.read(PUBLIC, completed({"image_url": URL, "cost": cost})).cost is None


@pytest.mark.parametrize(
    "info", ["", "not json", "[]", '{"seed": "x"}', '{"all_seeds": []}', 7, None]
)
def test_it_does_without_a_seed_that_cannot_be_read(info):
    report = load("a1111_completed")
    report.output["info"] = info
    assert payloads.read("a1111", report).seed is None
