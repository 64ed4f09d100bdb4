"""Endpoints against what their providers offer now."""

import io
import re
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError
from django.test import override_settings
from django.utils import translation

from generation.catalog.catalog_file import CATALOG_FILE
from generation.models import Endpoint, ImageModel
from generation.operations import catalog_check
from generation.providers.access import HttpLimits
from generation.providers.call_errors import CallFailed
from generation.providers.wavespeed.provider import WaveSpeed
from generation.testing.cases import EmulatorTestCase
from generation.testing.commands import run
from generation.testing.servers.raw_server import http, raw_server

FLUX, SEEDREAM = "wavespeed-ai/flux-2-dev/text-to-image", "bytedance/seedream-v5.0-pro"


def answer(text: str) -> Any:
    """Return a context in which this is typed."""
    return mock.patch("sys.stdin", io.StringIO(text))


@pytest.mark.slow
class TestCheckCatalog(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(translation.override("en"))
        run("load_catalog", str(CATALOG_FILE.with_name("wavespeed.toml")))
        run("check_catalog", "--take-prices", "--yes")

    def prices(self) -> dict[str, str]:
        report = catalog_check.check()
        return {
            one.endpoint.endpoint_id: f"{one.expected} {one.price}"
            for one in report.endpoints
            if one.has_new_price
        }

    def test_it_says_what_differs(self) -> None:
        assert self.prices() == {}
        self.emulator.output_formats.set(FLUX, cost=0.02)
        self.emulator.retire("qwen-image-edit")
        self.emulator.set_workers("p-image-edit", 0)
        ImageModel.objects.filter(slug="seedream-5-pro").update(
            request_format={"size": {"mode": "size"}, "prompt": "text"}
        )
        assert self.prices() == {FLUX: "0.0108 0.018"}
        self.emulator.retire(FLUX)
        with pytest.raises(CommandError, match=f"The price of {SEEDREAM} is unknown: .* required"):
            run("check_catalog")
        notes = {
            one.endpoint.endpoint_id: "; ".join(one.notes)
            for one in catalog_check.check().endpoints
        }
        assert notes[FLUX] == "WaveSpeed does not have it"
        assert notes["qwen-image-edit"] == "RunPod does not have it"
        assert notes["p-image-edit"] == "workers: none; 0 waiting, 0 running"
        assert notes[SEEDREAM] == (
            "requires, but not sent: prompt; sent, but not taken: size, text; also takes: "
            "aspect_ratio, output_format, prompt_optimization_mode, resolution"
        )

    def test_it_switches_on_what_the_keys_reach(self) -> None:
        ImageModel.objects.filter(slug="background-remover").delete()
        self.emulator.retire(FLUX)
        for own in Endpoint.objects.filter(endpoint_id__startswith="own-"):
            self.emulator.retire(own.endpoint_id)
        with answer("n\n"):
            assert "models: 1 added" in run("check_catalog", "--switch-on"), "from the file"
        assert not ImageModel.objects.get(slug="flux-2-pro").enabled
        with answer("y\n"):
            out = run("check_catalog", "--switch-on")
        assert "Switched on: " in out
        enabled = set(ImageModel.objects.enabled().values_list("slug", flat=True))
        assert {"flux-2-pro", "crystal-upscaler", "background-remover", "p-image"} <= enabled
        assert not enabled & {"flux-2-dev", "sdxl", "alice-ai-art"}
        further = Endpoint.objects.filter(model__slug="nano-banana-2")
        assert not further.filter(enabled=False).exists()
        assert "Off, and there: 0.\n" in run("check_catalog")
        ImageModel.objects.filter(slug="seedream-5-pro").update(
            enabled=False, parameters={"size": {"default": "64x64", "choices": ["64x64"]}},
            request_format={"size": {"mode": "size"}},
        )  # fmt: skip
        with pytest.raises(CommandError, match="unknown field size"):
            run("check_catalog", "--switch-on", "--yes")
        assert not ImageModel.objects.get(slug="seedream-5-pro").enabled

    @override_settings(WAVESPEED_API_KEY="", YANDEX_API_KEY="test", YANDEX_FOLDER_ID="b1g")
    def test_it_switches_on_models_of_servers_that_answer_with_the_image(self) -> None:
        with override_settings(YANDEX_BASE_URL=self.emulator.image_server_url):
            out = run("check_catalog", "--switch-on", "--yes")
        assert "Yandex AI Studio accepts the key" in out
        assert ImageModel.objects.get(slug="alice-ai-art").enabled
        assert not ImageModel.objects.get(slug="own-server").enabled
        assert not ImageModel.objects.get(slug="flux-2-pro").enabled

    def test_it_takes_prices_after_a_question(self) -> None:
        self.emulator.output_formats.set(FLUX, cost=0.02)
        model = ImageModel.objects.get(slug="flux-2-dev")
        with pytest.raises(CommandError, match="add --yes"), answer(""):
            run("check_catalog", "--take-prices")
        with answer("n\n"):
            out = run("check_catalog", "--take-prices")
        assert f"flux-2-dev at WaveSpeed {FLUX}: 0.0108 → 0.018\n" in out
        model.refresh_from_db()
        assert model.expected_cost == {"per_image": 0.0108}
        with answer("y\n"):
            run("check_catalog", "--take-prices")
        model.refresh_from_db()
        assert model.expected_cost == {"per_image": 0.018}
        assert run("check_catalog").splitlines()[-1] == "New prices: 0."

    def test_the_cost_of_other_endpoints_stays(self) -> None:
        model = ImageModel.objects.get(slug="flux-2-dev")
        other = Endpoint.objects.create(
            model=model, provider="wavespeed", endpoint_id="wavespeed-ai/flux-dev", preference=1
        )
        self.emulator.output_formats.set(other.endpoint_id, cost=0.03)
        run("check_catalog", "--take-prices", "--yes")
        other.refresh_from_db()
        model.refresh_from_db()
        assert other.expected_cost == {"per_image": 0.027}
        assert (model.expected_cost, model.endpoint.expected_cost) == ({"per_image": 0.0108}, None)

    def test_a_provider_that_fails_is_one_sentence_and_the_other_is_checked(self) -> None:
        for fault, text in (
            ("html_502", "WaveSpeed answered 502"),
            ("refuse_401", r"WaveSpeed refuses the API key \(401\)"),
            ("break_after", "WaveSpeed could not be reached"),
            ("garbage", "WaveSpeed"),
        ):
            for earlier in ([], [""]):  # the list, or the first price
                for planned in (*earlier, fault):
                    self.emulator.faults.next("models", planned)
                report = catalog_check.check()
                (failure,) = report.failures
                assert re.search(f"^{text}[^\n]*$", failure)
                assert "runpod" in {one.endpoint.provider for one in report.endpoints}
        self.emulator.faults.next("health", "html_502")
        report = catalog_check.check()
        assert report.failures == ["RunPod answered 502. Not all of its endpoints were checked."]
        assert {one.endpoint.provider for one in report.endpoints} == {"wavespeed"}

        with override_settings(WAVESPEED_API_KEY="two words"):
            (failure,) = catalog_check.check().failures
        assert failure.startswith("the API key has characters that cannot be in a header.")

    @override_settings(WAVESPEED_API_KEY="")
    def test_it_asks_no_provider_without_a_key(self) -> None:
        assert {one.endpoint.provider for one in catalog_check.check().endpoints} == {"runpod"}


@pytest.mark.parametrize(
    "body", [b'{"data": [{"model_id": "a", "api_schema": {"api_schemas": 5}}]}', b'{"data": [5]}']
)
def test_a_list_of_another_shape_is_an_error(body: bytes) -> None:
    with raw_server(http("200 OK", body)) as server:
        client = WaveSpeed(
            base_url=server.base_url, api_key="test", webhook_secret="", limits=HttpLimits()
        )
        with pytest.raises(CallFailed):
            client.offered()


@pytest.mark.parametrize("body", [b'{"data": {}}', b'{"data": {"discounted_price": 0}}', b"[]"])
def test_a_price_that_cannot_be_read_is_an_error(body: bytes) -> None:
    with raw_server(http("200 OK", body)) as server:
        client = WaveSpeed(
            base_url=server.base_url, api_key="test", webhook_secret="", limits=HttpLimits()
        )
        with pytest.raises(CallFailed):
            client.price("a", {"prompt": "x"})
