"""Jobs that wait until nothing else of their model does, at a discount."""

from decimal import Decimal

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import translation

from generation.catalog.offers import InvalidParameters
from generation.jobs import eta
from generation.jobs.engine import driver
from generation.jobs.live import status_text
from generation.models import Budget, Endpoint, ImageModel, Job, Period, Status
from generation.testing.cases import EmulatorTestCase
from generation.testing.rows.endpoints import MODEL, add_endpoint


class TestBackground(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        ImageModel.objects.filter(slug=MODEL).update(
            background_discount=40, price={"per_image": 5}, expected_cost={"per_image": "0.04"}
        )

    def end(self, job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(
            status=Status.SUCCEEDED, due_at=None, finished_at=job.created_at
        )

    def test_it_costs_less_and_has_no_promise(self) -> None:
        job = self.place(background=True)
        assert job.credits == 3
        assert job.promised_p50_at is None
        with translation.override("en"):
            phase = status_text.now_of(job, forecast=eta.of_jobs([job]), now=job.created_at)
        assert phase == status_text.Phase("Starts when there is room", "usually by tomorrow")

    def test_it_runs_one_at_a_time_while_nothing_else_is_there(self) -> None:
        first, second = self.place(background=True), self.place(background=True)
        urgent = self.place(user=self.bob)
        assert [job.pk for job in driver.submit(MODEL)] == [urgent.pk]
        assert driver.submit(MODEL) == []
        self.end(urgent)
        assert [job.pk for job in driver.submit(MODEL)] == [first.pk]
        assert driver.submit(MODEL) == []
        later = self.place(user=self.bob)
        assert [job.pk for job in driver.submit(MODEL)] == [later.pk]
        self.end(first)
        self.end(later)
        assert [job.pk for job in driver.submit(MODEL)] == [second.pk]

    def test_it_delays_no_urgent_job_of_its_user(self) -> None:
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=1)
        self.place(background=True)
        urgent = self.place()
        self.place(user=self.bob)
        assert [job.pk for job in driver.submit(MODEL)] == [urgent.pk]

    def test_it_leaves_the_end_of_a_budget_to_the_others(self) -> None:
        budget = Budget.objects.create(period=Period.DAY, limit_usd=Decimal("0.2"))
        for _number in range(4):  # 80 %
            self.place(model="flux-dev")
        Job.objects.update(expected_usd=Decimal("0.04"))
        driver.submit("flux-dev")
        background = self.place(background=True)
        assert driver.submit(MODEL) == []
        Budget.objects.filter(pk=budget.pk).update(limit_usd=Decimal("0.21"))
        assert [job.pk for job in driver.submit(MODEL)] == [background.pk]

    def test_its_discount_does_not_make_endpoints_too_dear(self) -> None:
        Endpoint.objects.filter(model__slug=MODEL).update(expected_cost={"per_image": "0.045"})
        add_endpoint(endpoint_id="black-forest-labs-flux-1-dev", enabled=False)
        job = self.place(background=True)  # 3 credits, $ 0.03
        assert [taken.pk for taken in driver.submit(MODEL)] == [job.pk]

    @override_settings(MAX_WAITING_PER_USER=1)
    def test_it_does_not_count_as_waiting(self) -> None:
        for _number in range(3):
            self.place(background=True)
        self.place()

    def test_a_model_without_a_discount_has_none(self) -> None:
        ImageModel.objects.filter(slug=MODEL).update(background_discount=None)
        with pytest.raises(InvalidParameters, match="background"):
            self.place(background=True)

    def test_the_studio_offers_it_with_its_price(self) -> None:
        self.client.force_login(self.alice)
        page = self.client.get(reverse("create"), {"model": MODEL}).content.decode()
        assert "usually by tomorrow: up to 40% less" in page
        fields = {"model": MODEL, "prompt": "fog", "count": "2", "background": "on"}
        button = self.client.get(reverse("quote"), fields).content.decode()
        assert "6 credits" in button.replace("\N{NO-BREAK SPACE}", " ")
        assert "when there is room" in button
        self.client.post(reverse("create"), fields | {"max_credits": "6"})
        assert [job.background for job in Job.objects.of(self.alice)] == [True, True]
