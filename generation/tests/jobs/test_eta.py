from datetime import timedelta

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from artgen.testing.api import make_job
from artgen.testing.cases import BaseTestCase, EmulatorTestCase
from generation.jobs import eta
from generation.models import ImageModel, Status


class TestOfOrder(EmulatorTestCase):
    def test_it_counts_whole_rounds_of_what_may_be_out_at_once(self) -> None:
        model = ImageModel.objects.get(slug="flux-schnell")
        model.max_in_flight, one = 2, eta.speed(model)
        assert eta.of_order(model) == eta.Eta(one.p50, one.p90)
        assert eta.of_order(model, count=3) == eta.Eta(one.p50 * 2, one.p50 + one.p90)

    def test_it_says_something_for_a_model_that_nothing_may_be_out_of(self) -> None:
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=0)
        model = ImageModel.objects.get(slug="flux-schnell")
        one = eta.speed(model)
        assert eta.of_order(model, count=2) == eta.Eta(one.p50 * 2, one.p50 + one.p90)
        assert eta.of_job(self.place()) is not None


class TestForecast(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def took(self, *seconds: float, model: str) -> None:
        now = timezone.now()
        for span in seconds:
            submitted = now - timedelta(seconds=span)
            make_job(
                self.alice,
                status=Status.SUCCEEDED,
                model=model,
                submitted_at=submitted,
                finished_at=now,
            )

    def test_it_tells_each_models_speed_from_its_own_last_pictures(self) -> None:
        self.took(10, 20, 30, model="flux-dev")
        self.took(4, model="flux-schnell")
        models = {model.slug: model for model in ImageModel.objects.all()}
        speeds = eta.forecast(models.values()).speeds
        assert speeds[models["flux-dev"].pk] == eta.Eta(20, 30)
        assert speeds[models["flux-schnell"].pk] == eta.Eta(4, 4)
        typical = models["qwen-image"].typical_seconds
        assert speeds[models["qwen-image"].pk] == eta.Eta(typical, round(typical * 1.6))

    def test_it_asks_as_much_for_all_models_as_for_two(self) -> None:
        self.took(10, model="flux-dev")
        make_job(self.bob, model="flux-schnell")
        models = list(ImageModel.objects.all())
        assert len(models) > 10
        # SQLite cannot put lists that are cut together in one query.
        each = 1 if connection.features.supports_slicing_ordering_in_compound else len(models)
        for some, speeds in ((models[:2], min(each, 2)), (models, each)):
            cache.clear()
            with self.subTest(len(some)), self.assertNumQueries(1 + speeds):
                eta.forecast(some)
        with self.assertNumQueries(0):
            eta.forecast(models)

    def test_it_needs_nothing_for_jobs_that_have_ended(self) -> None:
        job = make_job(self.alice, status=Status.SUCCEEDED)
        with self.assertNumQueries(0):
            assert eta.of_jobs([job]).of_job(job, now=timezone.now()) is None
