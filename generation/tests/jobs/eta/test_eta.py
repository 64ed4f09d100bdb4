"""Waiting times from the database: what is read, how often, and that all places say the same."""

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from generation.jobs import eta
from generation.jobs.engine import driver
from generation.jobs.eta import Basis, Eta
from generation.models import Endpoint, ImageModel, Job, Status
from generation.testing import orders
from generation.testing.cases import BaseTestCase, EmulatorTestCase, catch_up
from generation.testing.rows.api import ApiTestCase, make_job

TWO = {"model": "flux-schnell", "prompt": "fog", "width": 1024, "height": 1024}


def of_order(model: ImageModel, **options: Any) -> Eta:
    found = eta.forecast([model]).of_order(model, **options)
    assert found
    return found


class HistoryTestCase(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def took(self, *seconds: float, model: str, **fields: Any) -> None:
        """Store jobs that ended just now, from their submission on."""
        now = timezone.now()
        for span in seconds:
            submitted = now - timedelta(seconds=span)
            make_job(
                self.alice,
                status=Status.SUCCEEDED,
                model=model,
                created_at=submitted,
                submitted_at=submitted,
                finished_at=now,
                **fields,
            )
        cache.clear()


class TestForecast(HistoryTestCase):
    def test_it_tells_each_model_from_its_own_last_jobs(self) -> None:
        self.took(10, 20, 30, model="flux-dev")
        self.took(4, model="flux-schnell")
        models = {model.slug: model for model in ImageModel.objects.all()}
        found = eta.forecast(models.values())

        def estimate(slug: str) -> Eta:
            return found.without_line(models[slug])

        assert estimate("flux-dev") == Eta(20, 30, Basis.MODEL)
        assert estimate("flux-schnell") == Eta(4, 4, Basis.MODEL)
        assert estimate("qwen-image") == Eta(30, 48, Basis.CATALOG)

    def test_a_job_of_unknown_fate_delays_no_others(self) -> None:
        """It may be at RunPod: that it has been there for long says nothing of the next ones."""
        self.took(3, 4, 4, 4, 5, model="flux-schnell")
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=3)
        model = ImageModel.objects.get(slug="flux-schnell")
        for _image in range(6):
            make_job(self.bob, status=Status.STORING, model=model.slug)
        without = of_order(model, count=8)
        assert without.p50 < 15
        sent_at = timezone.now() - timedelta(minutes=10)
        make_job(self.alice, status=Status.SUBMITTED, model=model.slug, submitted_at=sent_at)
        cache.clear()
        assert of_order(model, count=8) == without

    def test_it_takes_runpods_durations_where_it_has_them(self) -> None:
        """Eleven seconds: two in RunPod's queue, eight on the worker, one for storing."""
        self.took(*[11.0] * 5, model="flux-dev", delay_ms=2000, execution_ms=8000)
        model = ImageModel.objects.get(slug="flux-dev")
        found = eta.forecast([model]).histories[model.pk]
        assert found.service
        assert found.service.values == (9,) * 5
        assert found.storing
        assert found.storing.values == (1,) * 5

    def test_it_takes_the_jobs_of_endpoints_that_take_jobs_now(self) -> None:
        model = ImageModel.objects.get(slug="flux-dev")
        first = model.endpoint
        second = Endpoint.objects.create(
            model=model, endpoint_id="second", preference=1, max_in_flight=3
        )
        self.took(*[10.0] * 8, model="flux-dev", endpoint=first)
        self.took(*[20.0] * 5, model="flux-dev", endpoint=second)

        def seen() -> tuple[int, int]:
            cache.clear()
            found = eta.forecast([model])
            return found.of_order(model).p50, found.queues[model.pk].max_in_flight  # type: ignore[union-attr]

        both = first.max_in_flight + 3
        assert seen() == (10, both)
        later = timezone.now() + timedelta(minutes=1)
        Endpoint.objects.filter(pk=first.pk).update(submit_after=later)
        assert seen() == (20, 3)
        Endpoint.objects.filter(pk=second.pk).update(submit_after=later)
        assert seen() == (10, both)  # none does: what has been measured at all of them


class TestOneSource(ApiTestCase):
    """Quote, promise and the job itself say the same at the same moment."""

    def test_the_quote_is_the_promise_is_what_the_job_says(self) -> None:
        body = {"model": "flux-dev", "prompt": "fog", "count": 3}
        quoted = self.api.post("/api/v1/quotes/", body).json()["eta_seconds"]
        jobs = self.api.post("/api/v1/batches/", body).json()["jobs"]
        last = Job.objects.get(id=jobs[-1]["id"])
        assert jobs[-1]["eta_seconds"] == quoted
        assert last.promised_p50_at
        assert last.promised_p90_at
        promised = [
            round((moment - last.created_at).total_seconds())
            for moment in (last.promised_p50_at, last.promised_p90_at)
        ]
        assert promised == [quoted["p50"], quoted["p90"]]
        on_the_button = of_order(
            last.model, user_id=self.bob.pk, size=eta.size_of(last.width, last.height, last.steps)
        )
        assert on_the_button.as_json()["basis"] == quoted["basis"]

    def test_row_button_list_and_status_say_what_the_quote_says(self) -> None:
        """Jobs of others wait, and earlier ones took less than the catalog says."""
        now = timezone.now()
        for seconds in (8, 9, 10, 11, 12):
            sent = now - timedelta(hours=1, seconds=seconds)
            ended = {"submitted_at": sent, "finished_at": now - timedelta(hours=1)}
            make_job(self.bob, status=Status.SUCCEEDED, created_at=sent, **ended)
        for _number in range(6):
            make_job(self.bob)
        cache.clear()
        quoted = self.api.post("/api/v1/quotes/", {"model": "flux-dev", "prompt": "fog"}).json()
        said = quoted["eta_seconds"]
        self.client.force_login(self.alice)
        part = self.client.get(
            reverse("quote"), {"model": "flux-dev", "count": "1"}, headers={"X-Part": "1"}
        )
        assert part.context["offer"].eta.as_json() == said
        assert part.context["row"].eta.as_json() == said
        page = self.client.get(reverse("model_options"), headers={"X-Part": "1"})
        listed = page.context["options"]
        assert [one.quote.eta.as_json() for one in listed if one.model.slug == "flux-dev"] == [said]
        models = self.client.get("/api/v1/status/").json()["models"]
        assert [one["eta_seconds"] for one in models if one["slug"] == "flux-dev"] == [said]


class TestRecorded(EmulatorTestCase):
    def test_it_records_how_long_runpod_took(self) -> None:
        job = orders.place(user=self.alice, request=TWO).jobs[0]
        driver.submit("flux-schnell")
        self.emulator.advance(60)
        catch_up()
        job = Job.objects.get(pk=job.pk)
        assert job.status == Status.SUCCEEDED
        assert job.delay_ms is not None
        assert job.execution_ms is not None
        assert job.execution_ms >= 1000  # of emulated time
        assert job.promised_p90_at
