"""What RunPod gets for a job, also for one that the version before has placed."""

from importlib import import_module

from django.apps import apps

from artgen.testing.cases import EmulatorTestCase
from generation.jobs import driver, payloads, sources
from generation.models import ImageModel, Job, Status
from generation.runpod.payloads import LEGACY

FILL = import_module("generation.migrations.0013_fill_request_formats")


class TestOfJob(EmulatorTestCase):
    def of(self, job: Job, **snapshot: object) -> dict[str, object]:
        """Return the input for this job with another snapshot."""
        Job.objects.filter(id=job.id).update(snapshot={**job.snapshot, **snapshot})
        job.refresh_from_db()
        return payloads.input_of(job, sources.chosen(job))

    def test_it_follows_the_request_format_as_it_was_when_placed(self) -> None:
        job = self.place(seed=5)
        ImageModel.objects.update(request_format={"prompt": "text"})
        assert payloads.input_of(job, sources.chosen(job))["num_inference_steps"] == 4

    def test_it_builds_jobs_that_name_a_dialect_of_the_version_before(self) -> None:
        job = self.place(seed=5)
        expected = payloads.input_of(job, sources.chosen(job))
        ImageModel.objects.update(request_format=None)
        snapshot = {name: value for name, value in job.snapshot.items() if name != "request_format"}
        Job.objects.filter(id=job.id).update(snapshot={**snapshot, "dialect": "flux"})
        job.refresh_from_db()
        assert payloads.input_of(job, sources.chosen(job)) == expected
        driver.submit(job.model.slug)
        job.refresh_from_db()
        assert job.status == Status.SUBMITTED

    def test_it_asks_the_model_where_the_version_before_kept_no_format(self) -> None:
        job = self.place(seed=5)
        expected = payloads.input_of(job, sources.chosen(job))
        assert self.of(job, dialect="public", request_format=None) == expected

    def test_it_sends_the_lora_of_a_job(self) -> None:
        job = self.place(
            model="qwen-image-lora",
            width=1328,
            height=1328,
            lora_url="https://example.org/a",
            lora_scale=0.5,
        )
        assert payloads.input_of(job, sources.chosen(job))["loras"] == [
            {"path": "https://example.org/a", "scale": 0.5}
        ]


class TestMigration(EmulatorTestCase):
    def test_it_fills_rows_of_the_version_before_and_leaves_dialect_and_price(self) -> None:
        rows = {
            "flux-dev": ("flux", {"per_megapixel": 2.8}),
            "p-image": ("p_image", {"per_image": 1}),
            "sdxl": ("sdxl", {"per_image": 1}),
        }
        for slug, (dialect, price) in rows.items():
            ImageModel.objects.filter(slug=slug).update(
                dialect=dialect, price=price, request_format=None, expected_cost=None
            )
        sizes = {"size": {"default": "1024x1024", "choices": ["1024x1024", "896x1120"]}, "seed": {}}
        ImageModel.objects.filter(slug="p-image").update(parameters=sizes)
        FILL.fill(apps, None)
        found = {model.slug: model for model in ImageModel.objects.filter(slug__in=rows)}
        for slug, (dialect, price) in rows.items():
            assert (found[slug].dialect, found[slug].price) == (dialect, price)
            found[slug].full_clean()
        assert found["flux-dev"].request_format == LEGACY["flux"]
        assert found["flux-dev"].expected_cost == {"per_megapixel": 0.02}
        assert found["flux-dev"].price_rule.as_json()["per_megapixel"] == 2.8
        assert found["p-image"].request_format["size"]["mode"] == "custom"
        assert found["sdxl"].request_format is None

    def test_it_keeps_the_ratio_where_sizes_on_offer_could_not_be_exact(self) -> None:
        sizes = {"size": {"default": "2048x1152", "choices": ["2048x1152"]}, "seed": {}}
        ImageModel.objects.filter(slug="p-image").update(
            dialect="p_image", request_format=None, parameters=sizes
        )
        FILL.fill(apps, None)
        model = ImageModel.objects.get(slug="p-image")
        assert model.request_format == LEGACY["p_image"]
        model.full_clean()
