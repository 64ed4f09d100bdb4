"""Comparisons are placed as one order: all cells or none, once, held, moderated."""

from typing import Any

import pytest

from accounts.credits import ledger
from accounts.limits import quotas
from accounts.models import User
from generation.catalog.offers import InvalidParameters
from generation.jobs.placing import idempotency, retries, reviewed_orders
from generation.models import (
    Job,
    ModerationRule,
    PromptReview,
    RuleAction,
    Sheet,
    Status,
)
from generation.moderation import prompt_reviews
from generation.moderation.refusals import PromptNotAllowed
from generation.owned_rows import named_rows
from generation.studio.comparisons import cells, comparison_order, word_lists
from generation.studio.comparisons.comparison_request import ComparisonRequest, clean
from generation.testing.rows.gallery import GalleryTestCase

ASKED = {"prompt": "A {red|blue} kite", "models": ["flux-schnell", "flux-dev"]}


def asked(**fields: Any) -> ComparisonRequest:
    """Return a comparison of four cells."""
    return clean({**ASKED, **fields})


class SheetTestCase(GalleryTestCase):
    def place(self, *, user: User | None = None, key: str = "", **fields: Any) -> Sheet:
        placed = comparison_order.place(
            user=user or self.alice, comparison=asked(**fields), key=key
        )
        return Sheet.objects.get(id=placed.batch)

    def assert_nothing_placed(self) -> None:
        assert not Job.objects.exists()
        assert not Sheet.objects.exists()
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (100, 0)


class TestPlace(SheetTestCase):
    def test_it_places_each_cell_in_its_place_and_holds_the_price(self) -> None:
        quote = comparison_order.quote(user=self.alice, comparison=asked())
        sheet = self.place()
        found = cells.filled(sheet)
        assert found.columns == [["FLUX.1 schnell"], ["FLUX.1 dev"]]
        assert [(row.labels, [job and job.prompt for job in row.jobs]) for row in found.rows] == [
            (["red"], ["A red kite"] * 2),
            (["blue"], ["A blue kite"] * 2),
        ]
        assert [job.model.slug for job in found.jobs] == ["flux-schnell", "flux-dev"] * 2
        assert {job.batch for job in found.jobs} == {sheet.id}
        assert len({job.seed for job in found.jobs}) == 1
        self.alice.refresh_from_db()
        assert self.alice.held == quote.quote.credits == sum(job.credits for job in found.jobs)

    def test_it_places_nothing_if_credits_are_missing_for_one_cell(self) -> None:
        price = comparison_order.quote(user=self.alice, comparison=asked()).quote.credits
        User.objects.filter(pk=self.alice.pk).update(credits=price - 1)
        with pytest.raises(ledger.TooFewCredits):
            self.place()
        assert not Job.objects.exists()
        assert not Sheet.objects.exists()

    def test_it_places_nothing_if_one_cell_is_invalid(self) -> None:
        with pytest.raises(InvalidParameters):
            self.place(rows={"parameter": "steps", "values": [4, 999]})
        self.assert_nothing_placed()

    def test_it_places_the_same_key_once_though_seeds_are_random(self) -> None:
        sheet = self.place(key="k")
        again = comparison_order.place(user=self.alice, comparison=asked(), key="k")
        assert (again.created, again.batch) == (False, sheet.id)
        assert Job.objects.count() == 4
        with pytest.raises(idempotency.KeyReused):
            self.place(key="k", prompt="another {red|blue} kite")
        assert Sheet.objects.count() == 1

    def test_it_keeps_to_the_quotas(self) -> None:
        User.objects.filter(pk=self.alice.pk).update(max_batch=3)
        self.alice.refresh_from_db()
        assert comparison_order.quote(user=self.alice, comparison=asked()).obstacle
        with pytest.raises(quotas.BatchNotAllowed):
            self.place()
        User.objects.filter(pk=self.alice.pk).update(max_batch=None, allowed_models="flux-dev")
        self.alice.refresh_from_db()
        assert (
            "FLUX.1 schnell" in comparison_order.quote(user=self.alice, comparison=asked()).obstacle
        )
        with pytest.raises(quotas.ModelNotAllowed):
            self.place()
        self.assert_nothing_placed()

    def test_it_uses_own_word_lists_only(self) -> None:
        word_lists.create(user=self.bob, name="colors", entries=["red", "blue"])
        with pytest.raises(InvalidParameters):
            self.place(prompt="A __colors__ kite")
        self.assert_nothing_placed()
        assert len(self.place(prompt="A __colors__ kite", user=self.bob).jobs) == 4


class TestModeration(SheetTestCase):
    def test_it_stops_all_of_it_for_one_alternative_and_places_the_sheet_after_approval(
        self,
    ) -> None:
        ModerationRule.objects.create(pattern="gun", category="violence", action=RuleAction.REFUSE)
        with pytest.raises(PromptNotAllowed) as refusal:
            self.place(prompt="A {red|gun} kite")
        self.assert_nothing_placed()
        review: PromptReview = refusal.value.review
        prompt_reviews.appeal(review)
        reviewed_orders.approve(review, by=self.bob)
        review.refresh_from_db()
        sheet = Sheet.objects.get(id=review.placed)
        assert sheet.user == self.alice
        assert cells.filled(sheet).columns == [["FLUX.1 schnell"], ["FLUX.1 dev"]]


class TestRest(SheetTestCase):
    def test_it_cancels_the_rest_and_returns_its_credits(self) -> None:
        sheet = self.place()
        Job.objects.filter(id=sheet.jobs[0]).update(status=Status.STORING)
        found = cells.filled(sheet)
        assert len(found.cancelable) == 3
        expected = sum(job.credits for job in found.jobs[1:])
        assert found.returned == expected
        done = cells.cancel_rest(sheet, actor=self.alice)
        assert (done.count, done.credits, done.obstacle) == (3, expected, None)
        self.alice.refresh_from_db()
        assert self.alice.held == found.jobs[0].credits
        assert cells.cancel_rest(sheet, actor=self.alice).count == 0

    def test_it_stops_at_the_daily_limit_of_cancellations_and_says_so(self) -> None:
        User.objects.filter(pk=self.alice.pk).update(max_cancels_per_day=1)
        done = cells.cancel_rest(self.place(), actor=self.alice)
        assert done.count == 1
        assert done.obstacle
        assert Job.objects.queued().count() == 3

    def test_it_puts_a_retried_job_into_its_cell(self) -> None:
        sheet = self.place()
        job = cells.filled(sheet).jobs[2]
        cells.cancel_rest(sheet, actor=self.alice)
        job.refresh_from_db()
        again = retries.retry(user=self.alice, job=job)
        sheet.refresh_from_db()
        assert sheet.jobs[2] == str(again.id)
        assert Job.objects.get(id=again.id).batch == sheet.id
        assert again.seed == job.seed
        assert len(sheet.jobs) == 4

    def test_it_can_be_deleted_and_restored_and_keeps_its_jobs(self) -> None:
        sheet = self.place()
        named_rows.delete(sheet)
        assert not Sheet.objects.present().exists()
        named_rows.restore(sheet)
        assert Sheet.objects.present().exists()
        assert Job.objects.count() == 4
