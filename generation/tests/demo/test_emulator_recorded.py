"""The emulator answers as was recorded from the real service, and otherwise where asked."""

import base64
import json

import pytest
import requests

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.demo.emulator.output_formats import RECORDED
from generation.demo.emulator.painters import tiny_png
from generation.imaging.image_decoding import decode
from generation.providers import payloads
from generation.providers.job_report import RemoteState
from generation.providers.payloads import OutputError
from generation.providers.runpod.client import RunPodClient
from generation.testing.servers.emulator import ENDPOINT, run

pytestmark = pytest.mark.release("generation/demo/")

SCHNELL, Z_IMAGE, EDIT = "black-forest-labs-flux-1-schnell", "z-image-turbo", "qwen-image-edit"
BODY = {"prompt": "a quiet sea"}
SOURCE = "data:image/png;base64," + base64.b64encode(tiny_png(320, 200, 5)).decode()


def output(client, emulator, endpoint, body=BODY):
    runpod_id = run(client, endpoint=endpoint, body=body)
    emulator.advance(5)
    return client.status(endpoint, runpod_id).output


def body_for(endpoint):
    return (
        BODY | {"image": SOURCE, "images": [SOURCE]}
        if "edit" in endpoint or "kontext" in endpoint
        else BODY
    )


class TestAnswers:
    @pytest.mark.parametrize(
        ("endpoint", "cost"),
        [
            (SCHNELL, 0.003),
            ("black-forest-labs-flux-1-dev", 0.012),
            (EDIT, 0.02),
            ("qwen-image-edit-2511", 0.025),
            ("seedream-v4-edit", 0.027),
        ],
    )
    def test_it_answers_with_result_and_the_recorded_cost(self, emulator, client, endpoint, cost):
        answer = output(client, emulator, endpoint, body_for(endpoint))
        assert answer == {"cost": cost, "result": answer["result"]}
        assert answer["result"].startswith(f"http://{emulator.image_host}/files/")

    def test_it_answers_z_image_with_a_list_of_one(self, emulator, client):
        [answer] = output(client, emulator, Z_IMAGE)
        assert answer == {"cost": 0.005, "result": answer["result"]}

    def test_it_changes_one_endpoint_in_the_middle_of_work_and_goes_back(self, emulator, client):
        emulator.output_formats.set(cost=0.7)
        emulator.output_formats.set(ENDPOINT, shape="image_url", cost=0.5)
        assert output(client, emulator, ENDPOINT)["cost"] == 0.5
        assert output(client, emulator, SCHNELL).items() >= {"cost": 0.7}.items()
        emulator.output_formats.set(cost=None)
        emulator.output_formats.set(ENDPOINT, cost=None)
        assert output(client, emulator, ENDPOINT).keys() == {"image_url", "cost"}
        emulator.output_formats.set(ENDPOINT, shape=None)
        assert output(client, emulator, ENDPOINT)["cost"] == RECORDED[ENDPOINT].cost

    @pytest.mark.parametrize(
        "changes", [{"shape": "x"}, {"cost": -1}, {"cost": True}, {"jpeg": 1}, {"color": "red"}]
    )
    def test_it_knows_no_other_answers(self, emulator, changes):
        with pytest.raises(ValueError):
            emulator.output_formats.set(**changes)

    def test_it_sends_flux_as_jpeg_whatever_was_asked_for(self, emulator, client):
        url = output(client, emulator, SCHNELL, BODY | {"image_format": "png"})["result"]
        reply = requests.get(url, timeout=60)
        assert decode(reply.content)[0].format == "JPEG"
        assert reply.headers["Content-Type"] == "image/jpeg"
        assert url.endswith(".jpeg")

    def test_it_keeps_the_format_of_the_other_endpoints_and_of_own_workers(self, emulator, client):
        emulator.output_formats.set("own", jpeg=True)
        url = output(client, emulator, ENDPOINT)["result"]
        assert decode(requests.get(url, timeout=60).content)[0].format == "PNG"
        runpod_id = run(
            client, endpoint="own", body=BODY | {"cfg_scale": 7, "width": 64, "height": 64}
        )
        emulator.advance(5)
        [picture] = payloads.read("a1111", client.status("own", runpod_id)).images
        assert decode(picture.data)[0].format == "PNG"


class TestSecondHost:
    @pytest.mark.parametrize(
        "endpoint", ["black-forest-labs-flux-1-kontext-dev", EDIT, "qwen-image-edit-2511"]
    )
    def test_it_hands_out_files_under_another_name(self, endpoint):
        with Emulator(EmulatorOptions(manual=True, cdn="localhost")) as emulator:
            assert emulator.cdn_host == f"localhost:{emulator.port}"
            client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
            url = output(client, emulator, endpoint, body_for(endpoint))["result"]
            assert url.startswith(f"http://{emulator.cdn_host}/files/")
            assert decode(requests.get(url, timeout=60).content)[0]
            assert emulator.image_host in output(client, emulator, SCHNELL)["result"]
            emulator.output_formats.set(SCHNELL, cdn=True)
            assert emulator.cdn_host in output(client, emulator, SCHNELL)["result"]


class TestFailures:
    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            ("failed_output", {"status": "failed"}),
            ("failed_cost", {"status": "failed", "cost": 0.02}),
        ],
    )
    def test_it_fails_with_an_output(self, emulator, client, fault, expected):
        emulator.faults.next("job", fault)
        runpod_id = run(client)
        emulator.advance(5)
        report = client.status(ENDPOINT, runpod_id)
        assert (report.state, report.output, report.error) == (RemoteState.FAILED, expected, "")
        with pytest.raises(OutputError) as caught:
            payloads.read("public", report)
        assert caught.value.code == "provider_error"

    @pytest.mark.parametrize("by_caller", [True, False])
    def test_it_bills_a_canceled_job(self, emulator, client, by_caller):
        emulator.faults.next("job", "canceled_cost")
        runpod_id = run(client)
        emulator.advance(1 if by_caller else 5)
        if by_caller:
            assert client.cancel(ENDPOINT, runpod_id).state is RemoteState.CANCELED
        report = client.status(ENDPOINT, runpod_id)
        assert (report.state, report.output) == (RemoteState.CANCELED, {"cost": 0.02})


class TestDataUris:
    @pytest.mark.parametrize(
        ("endpoint", "field"), [(EDIT, "image"), (Z_IMAGE, "image"), ("seedream-v4-edit", "images")]
    )
    def test_it_draws_from_a_source_inside_the_request(self, emulator, client, endpoint, field):
        def drawn(source):
            value = source if field == "image" else [source]
            answer = output(client, emulator, endpoint, BODY | {"seed": 1, field: value})
            [answer] = answer if isinstance(answer, list) else [answer]
            return requests.get(answer["result"], timeout=60).content

        other = "data:image/png;base64," + base64.b64encode(tiny_png(320, 200, 6)).decode()
        assert drawn(SOURCE) == drawn(SOURCE)
        assert drawn(SOURCE) != drawn(other)

    def test_it_takes_the_size_of_the_source_and_keeps_the_order(
        self, emulator, client, webhook_receiver
    ):
        def drawn(*sources):
            answer = output(
                client, emulator, "p-image-edit", BODY | {"seed": 1, "images": list(sources)}
            )
            return requests.get(answer["result"], timeout=60).content

        address, other = (
            f"{webhook_receiver.url}/source.png",
            "data:image/png;base64," + base64.b64encode(tiny_png(640, 480, 6)).decode(),
        )
        first, second = decode(drawn(address, other))[0], decode(drawn(other, address))[0]
        assert (first.width, first.height, second.width, second.height) == (320, 200, 640, 480)

    @pytest.mark.parametrize("rest", ["", "!!!!", "aGVsbG8="])
    def test_it_fails_a_source_that_is_no_image(self, emulator, client, rest):
        runpod_id = run(
            client, endpoint=EDIT, body=BODY | {"image": "data:image/png;base64," + rest}
        )
        emulator.advance(5)
        with pytest.raises(OutputError) as caught:
            payloads.read("public", client.status(EDIT, runpod_id))
        assert caught.value.code == "source_unreadable"

    @pytest.mark.parametrize(
        "source", ["data:text/html;base64,aGVsbG8=", "data:image/png,abc", "aGVsbG8="]
    )
    def test_it_refuses_what_is_neither_an_address_nor_an_image(self, emulator, client, source):
        runpod_id = run(client, endpoint=EDIT, body=BODY | {"image": source})
        emulator.advance(5)
        assert "Invalid image URL" in client.status(EDIT, runpod_id).error

    def test_it_forgets_old_requests_before_they_fill_the_memory(self, emulator, client):
        large = BODY | {"image": SOURCE + "A" * 9_000_000}
        data = json.dumps({"input": large})
        url = f"{emulator.base_url}/{EDIT}/run"
        key = {"Authorization": "Bearer emulator-key"}
        first = run(client)
        for _ in range(30):
            assert requests.post(url, data=data, headers=key, timeout=20).status_code == 200
        assert 20 < len(emulator.calls) < 30
        assert first not in [call.job_id for call in emulator.calls]
