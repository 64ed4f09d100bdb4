"""What each process keeps of the models on offer never decides an order."""

import pytest
from uuid_utils.compat import uuid7

from accounts.credits import ledger, ledger_check
from accounts.models import CreditEntry
from generation.catalog.offers import InvalidParameters
from generation.jobs.engine import lifecycle
from generation.jobs.placing import creation_switch
from generation.models import Endpoint, GenerationSwitch, ImageModel, Job, Style, model_cache
from generation.testing import orders
from generation.testing.cases import BaseTestCase
from generation.testing.rows.api import FLUX


class TestOnOffer(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def setUp(self) -> None:
        super().setUp()
        self.place()  # from now on this process has kept what is on offer

    def place(self, **more: object) -> Job:
        return orders.place(user=self.alice, request={**FLUX, **more}).jobs[0]

    def assert_nothing_placed(self) -> None:
        assert Job.objects.count() == 1
        assert CreditEntry.objects.filter(kind="hold").count() == 1
        assert ledger_check.check() == []

    def test_it_refuses_a_model_that_was_switched_off(self) -> None:
        ImageModel.objects.filter(slug=FLUX["model"]).update(enabled=False)
        with pytest.raises(InvalidParameters):
            self.place()
        self.assert_nothing_placed()

    def test_it_takes_a_model_that_was_switched_on(self) -> None:
        ImageModel.objects.filter(slug="p-image").update(enabled=False)
        model_cache.read()
        ImageModel.objects.filter(slug="p-image").update(enabled=True)
        assert self.place(model="p-image").model.slug == "p-image"

    def test_a_link_shows_a_model_that_was_just_switched_on(self) -> None:
        ImageModel.objects.filter(slug="p-image").update(enabled=False)
        model_cache.read()
        ImageModel.objects.filter(slug="p-image").update(enabled=True)
        self.client.force_login(self.alice)
        page = self.client.get("/create/?model=p-image")
        self.assertContains(page, '<input type="hidden" name="model" value="p-image"')

    def test_it_asks_the_price_of_now(self) -> None:
        ImageModel.objects.filter(slug=FLUX["model"]).update(price={"per_image": 7, "minimum": 7})
        assert self.place().credits == 7
        self.alice.refresh_from_db()
        assert self.alice.held == 7 + Job.objects.order_by("id")[0].credits

    def test_it_takes_what_costs_less_now(self) -> None:
        ledger.adjust(user=self.alice, amount=3 - self.alice_has(), reason="test")
        ImageModel.objects.filter(slug=FLUX["model"]).update(price={"per_image": 50, "minimum": 50})
        model_cache.read()
        ImageModel.objects.filter(slug=FLUX["model"]).update(price={"per_image": 2, "minimum": 2})
        assert self.place().credits == 2

    def test_it_puts_the_words_of_now_around_the_prompt(self) -> None:
        style = Style.objects.filter(enabled=True)[0]
        self.place(style=style.slug)
        Style.objects.filter(pk=style.pk).update(template="new {prompt}")
        assert self.place(style=style.slug).snapshot["style_template"] == "new {prompt}"

    def test_it_places_for_the_endpoint_of_now(self) -> None:
        Endpoint.objects.filter(model__slug=FLUX["model"]).update(endpoint_id="another")
        assert self.place().snapshot["endpoint_id"] == "another"

    def test_it_places_nothing_once_creating_is_off(self) -> None:
        GenerationSwitch.objects.update_or_create(pk=1, defaults={"on": False, "message": "later"})
        for wrong in ({}, {"width": 1}):
            with pytest.raises(creation_switch.GenerationOff) as refused:
                self.place(**wrong)
            assert refused.value.message == "later"
        self.assert_nothing_placed()

    def alice_has(self) -> int:
        self.alice.refresh_from_db()
        return self.alice.credits

    def test_it_inserts_nothing_once_a_model_has_changed(self) -> None:
        kept, slug = model_cache.for_order(), FLUX["model"]
        condition, values = kept.unchanged(models=[slug], styles=[])
        assert lifecycle.insert([self.copy()], actor=None, guard=(condition, *values))
        ImageModel.objects.filter(slug=slug).update(enabled=False)
        assert not lifecycle.insert([self.copy()], actor=None, guard=(condition, *values))
        assert Job.objects.count() == 2

    def copy(self) -> Job:
        job = Job.objects.select_related("model").order_by("id")[0]
        job.pk = uuid7()
        return job
