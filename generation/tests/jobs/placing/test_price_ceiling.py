"""`max_credits`: an order that costs more than its sender agreed to is refused with the price."""

from collections import Counter
from typing import Any

import pytest
from django.core.cache import cache
from django.test import TransactionTestCase

from accounts.credits import ledger, ledger_check
from accounts.models import User
from generation.jobs.placing import reviewed_orders
from generation.models import ImageModel, Job, ModerationRule, PromptReview, RuleAction, Status
from generation.moderation.refusals import HeldForReview
from generation.testing import orders
from generation.testing.cases import load_catalog
from generation.testing.rows.api import FLUX, ApiTestCase, make_job, stored
from generation.testing.threads import at_once

JOBS, BATCHES, SHEETS = "/api/v1/jobs/", "/api/v1/batches/", "/api/v1/sheets/"
SHEET = {"prompt": "A {red|blue} kite", "models": ["flux-dev"]}
TOO_MUCH = 10**9 + 1


def set_price(credits: int) -> None:
    """Change the price as another process does: this one may still have cached the old one."""
    ImageModel.objects.filter(slug="flux-dev").update(price={"per_image": credits})


class TestPriceCeiling(ApiTestCase):
    def assert_refused(self, response: Any, *, price: int, limit: int) -> None:
        document = self.assert_problem(response, 402, "price_too_high")
        assert (document["needed"], document["limit"]) == (price, limit)
        said = document["detail"].replace("\N{NO-BREAK SPACE}", " ")
        assert said == f"The price is now {price} credits, not {limit}."

    def test_it_refuses_a_price_that_rose_and_takes_it_once_accepted(self) -> None:
        key = {"Idempotency-Key": "k"}
        assert self.api.post(JOBS, FLUX | {"max_credits": 3}).json()["credits"] == 3
        set_price(5)
        before = stored()
        self.assert_refused(self.api.post(JOBS, FLUX | {"max_credits": 3}, **key), price=5, limit=3)
        assert stored() == before
        accepted = self.api.post(JOBS, FLUX | {"max_credits": 5}, **key)
        assert (accepted.status_code, accepted.json()["credits"]) == (201, 5)
        # The key is that of what is made; a repetition with the old price finds the same job.
        again = self.api.post(JOBS, FLUX | {"max_credits": 3}, **key)
        assert (again.status_code, again.json()["id"]) == (200, accepted.json()["id"])

    def test_it_charges_a_price_that_fell(self) -> None:
        assert self.api.post(JOBS, FLUX).json()["credits"] == 3
        set_price(2)
        assert self.api.post(JOBS, FLUX | {"max_credits": 3}).json()["credits"] == 2

    def test_it_bounds_a_whole_batch_list_or_sheet(self) -> None:
        before = stored()
        for address, body, price in (
            (BATCHES, FLUX | {"count": 3}, 9),
            (BATCHES, {"jobs": [FLUX, FLUX]}, 6),
            (SHEETS, SHEET, 6),
        ):
            with self.subTest(body):
                refused = self.api.post(address, body | {"max_credits": price - 1})
                self.assert_refused(refused, price=price, limit=price - 1)
                assert stored() == before
        for address, body in ((BATCHES, FLUX | {"count": 3}), (SHEETS, SHEET)):
            assert self.api.post(address, body | {"max_credits": 9}).status_code == 201
        quoted = self.api.post("/api/v1/quotes/", FLUX | {"max_credits": 1})
        assert quoted.json()["credits"] == 3  # of the same body

    def test_it_bounds_a_retry(self) -> None:
        job = make_job(self.alice, status=Status.FAILED, credits=3)
        address = f"{JOBS}{job.id}/retry/"
        set_price(5)
        before = stored()
        self.assert_refused(self.api.post(address, {"max_credits": 3}), price=5, limit=3)
        assert stored() == before
        assert self.api.post(address, {"max_credits": 5}).status_code == 201

    def test_it_refuses_what_is_no_price(self) -> None:
        before = stored()
        job = make_job(self.alice, status=Status.FAILED)
        for address, body in (
            (JOBS, FLUX),
            (BATCHES, FLUX),
            (BATCHES, {"jobs": [FLUX]}),
            (SHEETS, SHEET),
            (f"{JOBS}{job.id}/retry/", {}),
        ):
            for value, code in (
                ("3", "invalid"),
                (True, "invalid"),
                (2.5, "invalid"),
                (-1, "min_value"),
                (TOO_MUCH, "max_value"),
            ):
                with self.subTest(address=address, value=value):
                    response = self.api.post(address, body | {"max_credits": value})
                    self.assert_problem(response, 400, "invalid", fields={"max_credits": code})
        job.delete()
        assert stored() == before
        assert self.api.post(JOBS, FLUX | {"max_credits": None}).status_code == 201

    def test_it_stands_beside_the_jobs_of_a_batch_not_in_them(self) -> None:
        response = self.api.post(BATCHES, {"jobs": [FLUX | {"max_credits": 9}]})
        self.assert_problem(
            response, 400, "invalid", fields={"jobs[0].max_credits": "unknown_field"}
        )

    def test_it_bounds_what_a_moderator_approves_later(self) -> None:
        ModerationRule.objects.create(pattern="tea", category="violence", action=RuleAction.HOLD)
        with pytest.raises(HeldForReview):
            orders.place(user=self.alice, request=FLUX, max_credits=3)
        set_price(5)
        reviewed_orders.approve(PromptReview.objects.get(), by=self.staff)
        review = PromptReview.objects.get()
        assert review.obstacle.replace("\N{NO-BREAK SPACE}", " ") == (
            "The price is now 5 credits, not 3."
        )
        assert not Job.objects.exists()
        assert orders.place(user=self.alice, request=FLUX).jobs[0].credits == 5  # it is allowed


class TestPresses(TransactionTestCase):
    """Two presses at once, while the price changes."""

    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        self.alice = User.objects.create_user("alice@example.org")
        ledger.grant(user=self.alice, amount=100, reason="for the test")

    def press(self, *, max_credits: int, key: str) -> Any:
        return orders.place(user=self.alice, request=FLUX, key=key, max_credits=max_credits)

    def assert_charged(self, *credits: int) -> None:
        self.alice.refresh_from_db()
        assert sorted(Job.objects.values_list("credits", flat=True)) == sorted(credits)
        assert (self.alice.credits, self.alice.held) == (100 - sum(credits), sum(credits))
        assert ledger_check.check() == []

    def test_it_places_an_accepted_order_once(self) -> None:
        self.press(max_credits=3, key="first")
        set_price(5)
        presses = [lambda: self.press(max_credits=5, key="same") for _n in range(4)]
        assert at_once(presses) == {"PlacedOrder": 4}
        self.assert_charged(3, 5)

    def test_it_never_charges_more_than_was_shown_while_the_price_changes(self) -> None:
        self.press(max_credits=3, key="first")
        presses = [lambda n=n: self.press(max_credits=3, key=f"{n}") for n in range(6)]
        outcome = at_once([*presses, lambda: set_price(5)])
        placed = outcome["PlacedOrder"]
        assert outcome == Counter(
            {"PlacedOrder": placed, "PriceTooHigh": 6 - placed, "NoneType": 1}
        )
        self.assert_charged(3, *[3] * placed)
