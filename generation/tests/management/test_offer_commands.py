import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import override_settings
from django.utils import translation

from accounts.credits import ledger
from generation.catalog import model_validation
from generation.catalog.catalog_file import CATALOG_FILE
from generation.files import uploads
from generation.jobs import clients
from generation.models import Endpoint, ImageModel, Status
from generation.operations import catalog_check
from generation.providers import payloads
from generation.providers.payloads import PUBLIC, InputImage, Parameters
from generation.testing.cases import BaseTestCase, EmulatorTestCase
from generation.testing.commands import run
from generation.testing.rows.image_files import png

FURTHER = ["qwen-image-edit-2511", "nano-banana-2", "nano-banana-pro"]
"""Models whose first endpoint is at RunPod."""


def sizes_of(model: ImageModel) -> list[list[int]]:
    """Return each size of the list, or the smallest and the largest."""
    if size := model.parameters.get("size"):
        return [[int(side) for side in choice.split("x")] for choice in size["choices"]]
    if sides := model.parameters.get("width"):
        return [[sides["min"]] * 2, [sides["max"]] * 2]
    return []


class TestFurtherCatalog(EmulatorTestCase):
    @pytest.mark.slow
    @override_settings(RUNPOD_REACHES_US=False)
    def test_it_loads_models_of_another_provider_switched_off(self) -> None:
        run("load_catalog", str(CATALOG_FILE.with_name("wavespeed.toml")))
        model = ImageModel.objects.get(slug="flux-2-dev")
        assert not model.enabled
        assert model.endpoint.place == ("wavespeed", "wavespeed-ai/flux-2-dev/text-to-image")
        source = str(uploads.keep(user=self.alice, data=png()).id)
        ledger.grant(user=self.alice, amount=1000, reason="for the test")
        further = []
        for model in self.wavespeed_models():
            endpoint = model.endpoints.get(provider="wavespeed")
            if endpoint == model.endpoint:
                assert not model.enabled
            else:
                assert not endpoint.enabled
                further.append(model.slug)
                model.endpoints.exclude(pk=endpoint.pk).update(enabled=False)
                model.endpoints.filter(pk=endpoint.pk).update(enabled=True)
            sources = [source] * (model.max_source_images if model.min_source_images else 0)
            size = dict.fromkeys(("width", "height"), None if sources else 1024)
            ImageModel.objects.filter(pk=model.pk).update(enabled=True)
            job = self.finish(self.place(model=model.slug, source_images=sources, **size))
            assert (job.status, job.place.provider) == (Status.SUCCEEDED, "wavespeed"), model.slug
            if model.max_source_images > 1:
                sent: Any = self.runs()[-1].json
                assert len(sent["images"]) == model.max_source_images
        assert further == FURTHER
        again = run("load_catalog", str(CATALOG_FILE.with_name("wavespeed.toml")))
        assert f"further endpoints: 0 added, 0 changed, {len(FURTHER)} kept\n" in again
        assert model.endpoints.get(provider="wavespeed").enabled

    def wavespeed_models(self) -> list[ImageModel]:
        models = list(ImageModel.objects.filter(endpoints__provider="wavespeed").distinct())
        assert models
        return models

    def test_wavespeed_takes_each_size_and_number_of_images_of_its_models(self) -> None:
        run("load_catalog", str(CATALOG_FILE.with_name("wavespeed.toml")))
        for model in self.wavespeed_models():
            endpoint = model.endpoints.get(provider="wavespeed")
            request_format = model.format_source(endpoint).request_format
            offer = replace(model.offer, request_format=request_format)
            requests = [model_validation.rehearse_all(offer, workflow=None)]
            sources = [InputImage(url="https://example.org/a.png", name="a.png")]
            sources *= model.min_source_images
            for width, height in sizes_of(model):
                parameters = Parameters(prompt="a pier", width=width, height=height, seed=1)
                requests.append(
                    payloads.build(
                        PUBLIC, parameters, sources=sources, request_format=request_format
                    )
                )
            for request in requests:
                clients.wavespeed().price(endpoint.endpoint_id, request)
        checks = catalog_check.check().endpoints
        assert [one.notes for one in checks if "sent" in " ".join(one.notes)] == []

    def load(self, text: str, *options: str) -> str:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "further.toml"
            file.write_text(text)
            return run("load_catalog", str(file), *options)

    @override_settings(RUNPOD_API_KEY="", WAVESPEED_API_KEY="", IMAGE_SERVER_URL="")
    def test_what_has_no_key_is_loaded_switched_off_until_there_is_one(self) -> None:
        ImageModel.objects.all().delete()
        out = run("load_catalog")
        for name in ("wavespeed.toml", "image_servers.toml"):
            text = CATALOG_FILE.with_name(name).read_text()
            out += self.load(text.replace("enabled = false\n", ""))
        assert not ImageModel.objects.enabled().exists()
        assert not Endpoint.objects.enabled().filter(preference__gt=0).exists()
        for key in ("RUNPOD_API_KEY.", "WAVESPEED_API_KEY.", "IMAGE_SERVER_URL, YANDEX_API_KEY"):
            assert f"Switched off without {key}" in out
        with override_settings(RUNPOD_API_KEY="test"):
            run("check_catalog", "--switch-on", "--yes")
            enabled = Endpoint.objects.enabled().filter(model__enabled=True)
            assert {one.provider for one in enabled} == {"runpod"}
            ImageModel.objects.filter(slug="p-image").delete()
            run("load_catalog")
        assert ImageModel.objects.get(slug="p-image").enabled

    def test_it_loads_further_endpoints_of_models_that_are_there(self) -> None:
        table = '[[models]]\nslug = "%s"\n[[models.endpoints]]\nendpoint_id = "%s"\n%s = %s\n'
        endpoints = ImageModel.objects.get(slug="flux-dev").endpoints
        out = self.load(table % ("gone", "a", "preference", 2))
        assert "There is no model gone: its endpoints are left out.\n" in out
        for name, value in (("speed", 5), ("provider", '"none"'), ("expected_cost", "{ a = 1 }")):
            with pytest.raises(CommandError, match=f"flux-dev: a: .*{name}"):
                self.load(table % ("flux-dev", "a", name, value))
        self.load(table % ("flux-dev", "a", "max_in_flight", 2), "--dry-run")
        assert endpoints.count() == 1
        text = table % ("flux-dev", "a", "max_in_flight", 2)
        assert "further endpoints: 1 added, 0 changed, 0 kept\n" in self.load(text)
        assert "0 added, 0 changed, 1 kept\n" in self.load(text.replace("2", "3"))
        assert endpoints.get(endpoint_id="a").max_in_flight == 2
        assert "0 added, 1 changed, 0 kept\n" in self.load(text.replace("2", "3"), "--overwrite")
        assert list(endpoints.values_list("endpoint_id", "max_in_flight")) == [
            ("black-forest-labs-flux-1-dev", 4),
            ("a", 3),
        ]

    @override_settings(YANDEX_API_KEY="test", YANDEX_FOLDER_ID="b1g")
    def test_it_has_models_of_servers_that_answer_with_the_image(self) -> None:
        address = self.emulator.image_server_url
        run("load_catalog", str(CATALOG_FILE.with_name("image_servers.toml")))
        assert not ImageModel.objects.filter(slug__in=("alice-ai-art", "own-server"), enabled=True)
        with override_settings(
            YANDEX_BASE_URL=address, IMAGE_SERVER_URL=address, IMAGE_SERVER_API_KEY="test"
        ):
            for slug, provider in (("alice-ai-art", "yandex"), ("own-server", "image_server")):
                ImageModel.objects.filter(slug=slug).update(enabled=True)
                job = self.place(model=slug, width=1024, height=1024)
                job = self.finish(job)
                assert (job.status, job.place.provider) == (Status.SUCCEEDED, provider)


class TestSetModel(EmulatorTestCase):
    def test_it_changes_fields_by_type_and_shows_before_and_after(self) -> None:
        self.place()
        out = run(
            "set_model",
            "flux-schnell",
            "max_in_flight=2",
            "enabled=false",
            'price={"per_image": 3}',
            "description_en=Fast = cheap",
            "typical_seconds=4",
        )
        assert out.splitlines() == [
            "max_in_flight: 8 → 2",
            "enabled: true → false",
            'price: {} → {"per_image": 3}',
            'description_en: "Sketches: fast and cheap" → "Fast = cheap"',
            "typical_seconds: 4 (unchanged)",
            "1 job in progress; existing jobs keep their settings.",
        ]
        model = ImageModel.objects.get(slug="flux-schnell")
        assert (model.endpoint.max_in_flight, model.enabled, model.price) == (
            2,
            False,
            {"per_image": 3},
        )

    def test_it_refuses_what_could_not_be_driven_and_changes_nothing(self) -> None:
        before = list(ImageModel.objects.order_by("pk").values())
        for slug, changes, words in (
            ("flux-shnell", ["enabled=true"], "Unknown model 'flux-shnell'. Models: flux-schnell"),
            ("flux-schnell", ["speed=5"], "'speed=5': use field=value"),
            ("flux-schnell", ["enabled"], "use field=value"),
            ("flux-schnell", ["id=5"], "use field=value"),
            ("flux-schnell", ["enabled=maybe"], "enabled: not valid JSON"),
            ("flux-schnell", ["max_in_flight=many"], "max_in_flight:"),
            (
                "flux-schnell",
                ["max_in_flight=0"],
                "max_in_flight: Ensure this value is greater than or equal to 1.",
            ),
            ("flux-schnell", ["max_in_flight=5", "price={"], "price: not valid JSON"),
            ("flux-schnell", ['price={"per_image": -1}'], "price:"),
            ("flux-schnell", ["expected_cost="], "price: Enter a price, or the expected cost"),
            ("flux-schnell", ['request_format={"sede": "seed"}'], "sede: unknown key."),
            ("flux-schnell", ["request_format="], "request_format: Enter the endpoint’s names"),
            ("flux-schnell", ["dialect=klingon"], "dialect:"),
            ("flux-schnell", ["slug=flux-dev"], "slug:"),
            ("comfyui", ["workflow="], "workflow:"),
            ("comfyui", ["workflow=@/nowhere/graph.json"], "workflow:"),
        ):
            with pytest.raises(CommandError, match=re.escape(words)), translation.override("ru"):
                run("set_model", slug, *changes)
        assert list(ImageModel.objects.order_by("pk").values()) == before


class TestLocalModel(BaseTestCase):
    @pytest.mark.slow
    def test_the_demo_offers_the_model_on_this_machine_for_nothing(self) -> None:
        for name, seconds in (("dreamshaper-lcm", 60), ("klein-4b", 60), ("sdxs", 15)):
            run("prepare_demo", "--emulator", "--model", name)
            (model,) = ImageModel.objects.filter(slug__startswith="local-", enabled=True)
            assert model.endpoint.place == ("image_server", name)
            assert model.offer.price_of({"width": 512, "height": 512}) == 0
            assert not model.is_tool
            assert model.typical_seconds == seconds, "promised before the first run"
        run("prepare_demo", "--emulator")
        assert not ImageModel.objects.filter(slug__startswith="local-", enabled=True)
        run("prepare_demo", "--emulator", "--model", "sdxs")
        assert ImageModel.objects.get(slug="local-sdxs").enabled
