"""Rules when images are created: refuse, hold, flag; appeals and what moderators decide."""

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.credits import ledger, ledger_check
from accounts.emails import outbox
from accounts.models import CreditEntry
from accounts.tokens import tokens
from generation.jobs.placing import creation_switch, retries, reviewed_orders
from generation.models import (
    GenerationSwitch,
    Job,
    ModerationRule,
    PromptReview,
    ReviewState,
    RuleAction,
    RulesVersion,
    TrustedAuthor,
)
from generation.moderation import prompt_reviews
from generation.moderation.refusals import (
    AlreadyDecided,
    HeldForReview,
    Moderated,
    PromptNotAllowed,
    PromptRejected,
    TooManyReviews,
)
from generation.testing import orders
from generation.testing.cases import BaseTestCase
from generation.testing.clock import held_clock
from generation.testing.rows.api import FLUX, stored

GUN = {**FLUX, "prompt": "Two guns on a table"}


class ModerationTestCase(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def rule(self, pattern: str = "gun", **fields: Any) -> ModerationRule:
        return ModerationRule.objects.create(
            pattern=pattern, **{"category": "violence", "action": RuleAction.REFUSE, **fields}
        )

    def place(self, request: Any = GUN, *, user: Any = None, **options: Any) -> Job:
        placed = orders.place(user=user or self.alice, request=request, **options)
        return placed.jobs[0]

    def stopped(self, kind: type[Moderated] = PromptNotAllowed, **options: Any) -> PromptReview:
        """Place what a rule stops, and return the stored request."""
        with pytest.raises(kind) as refusal:
            self.place(**options)
        return refusal.value.review

    def appealed(self, **options: Any) -> PromptReview:
        review = self.stopped(**options)
        prompt_reviews.appeal(review)
        return review

    def letters(self) -> list[Any]:
        """Send what waits in the outbox and return it."""
        outbox.send_due()
        return mail.outbox


class TestRefusal(ModerationTestCase):
    def test_it_costs_nothing_and_names_category_and_words(self) -> None:
        self.enterContext(translation.override("en"))
        self.rule()
        before = stored()
        with pytest.raises(PromptNotAllowed) as refusal:
            self.place()
        assert stored() == before
        assert "violence (“guns”)" in refusal.value.message
        assert refusal.value.members == {
            "review": str(PromptReview.objects.get().id),
            "can_appeal": True,
            "categories": ["violence"],
            "words": ["guns"],
        }

    def test_it_reads_no_negative_prompt(self) -> None:
        self.rule()
        self.place({**FLUX, "negative_prompt": "guns, gun"})

    def test_it_refuses_the_whole_batch_and_keeps_all_of_it(self) -> None:
        self.rule()
        with pytest.raises(PromptNotAllowed) as refusal:
            orders.place_batch(user=self.alice, requests=[FLUX, GUN, FLUX], is_listed=True)
        review = refusal.value.review
        assert Job.objects.count() == 0
        assert (review.prompt, len(review.requests), review.is_batch) == (GUN["prompt"], 3, True)

    def test_it_stores_the_same_request_once(self) -> None:
        self.rule()
        first = self.stopped()
        assert self.stopped(request={**GUN, "prompt": "two GUNS  on a table", "seed": 7}) == first
        review = PromptReview.objects.get()
        assert review.requests[0]["seed"] == 7
        assert self.stopped(user=self.bob) != first

    def test_it_applies_where_the_rule_says(self) -> None:
        self.rule(at_placing=False)
        self.rule("hill", enabled=False)
        self.place({**FLUX, "prompt": "a gun on a hill"})

    def test_it_applies_to_a_retry_and_not_to_a_retry_by_staff(self) -> None:
        job = self.place()
        Job.objects.filter(id=job.id).update(status="failed", due_at=None, error_code="gpu_lost",
                                             finished_at=job.created_at)  # fmt: skip
        self.rule()
        with pytest.raises(PromptNotAllowed):
            retries.retry(user=self.alice, job=Job.objects.get())
        assert retries.retry_for_owner(job=Job.objects.get(), actor=self.staff).created

    def test_a_paused_site_comes_first(self) -> None:
        self.rule()
        GenerationSwitch.objects.update_or_create(pk=1, defaults={"on": False})
        with pytest.raises(creation_switch.GenerationOff):
            self.place()
        assert PromptReview.objects.count() == 0

    def test_it_lets_others_pass(self) -> None:
        self.rule()
        self.place(FLUX)
        assert PromptReview.objects.count() == 0


class TestRulesOfNow(ModerationTestCase):
    """Rules are remembered, and still those of now decide."""

    def setUp(self) -> None:
        super().setUp()
        self.place(FLUX)

    def test_a_changed_deleted_or_disabled_rule_applies_at_once(self) -> None:
        rule = self.rule()
        self.stopped()
        rule.pattern = "canyon"
        rule.save()
        self.place()
        ModerationRule.objects.update(pattern="gun")
        self.stopped()
        ModerationRule.objects.update(enabled=False)
        self.place()
        ModerationRule.objects.update(enabled=True)
        self.stopped()
        ModerationRule.objects.all().delete()
        self.place()

    def test_a_new_rule_applies_at_once(self) -> None:
        self.rule()
        self.stopped()

    def test_rules_of_a_restored_backup_have_another_version(self) -> None:
        versions = set()
        for _n in range(3):
            RulesVersion.objects.all().delete()
            self.rule(f"word{_n}")
            versions.add(RulesVersion.objects.get().version)
        assert len(versions) == 3


class TestBudget(ModerationTestCase):
    @held_clock()
    def test_rules_cost_an_order_no_statement(self) -> None:
        self.rule("gun\nblood\nоружие")
        self.rule(r"\bнож\w*", kind="regex")
        self.place(FLUX)
        with self.assertNumQueries(4):  # hold, job and history, and a savepoint around them
            self.place(FLUX)

    def test_prompts_that_are_stopped_do_not_make_it_compile_the_rules_again(self) -> None:
        """Each would cost a second with thousands of expressions, as often as a user likes."""
        self.rule()
        self.stopped()
        with CaptureQueriesContext(connection) as queries:
            self.stopped()
        table = ModerationRule._meta.db_table
        assert [query for query in queries if f'FROM "{table}"' in query["sql"]] == []
        self.rule("blood")
        with CaptureQueriesContext(connection) as queries:
            self.stopped()
        assert len([query for query in queries if f'FROM "{table}"' in query["sql"]]) == 1


class TestHold(ModerationTestCase):
    def test_it_waits_for_a_moderator_and_costs_nothing(self) -> None:
        self.rule(action=RuleAction.HOLD)
        before = stored()
        review = self.stopped(HeldForReview)
        assert stored() == before
        assert review.state == ReviewState.WAITING
        assert self.stopped(HeldForReview) == review
        reviewed_orders.approve(review, by=self.staff)
        job = Job.objects.get()
        assert (job.user, job.prompt, job.status) == (self.alice, GUN["prompt"], "queued")
        review.refresh_from_db()
        assert (review.state, review.placed) == (ReviewState.APPROVED, job.id)
        assert ledger_check.check() == []

    def test_it_says_that_only_the_first_of_different_requests_waits(self) -> None:
        self.rule(action=RuleAction.HOLD)
        for request, is_another in ((GUN, False), (GUN, False), ({**GUN, "seed": 5}, True)):
            with translation.override("en"):
                with pytest.raises(HeldForReview) as refusal:
                    self.place(request=request)
                message = str(refusal.value.message)
            assert ("only the first request" in message) is is_another

    def test_it_can_be_withdrawn(self) -> None:
        self.rule(action=RuleAction.HOLD)
        review = self.stopped(HeldForReview)
        prompt_reviews.cancel(review)
        with pytest.raises(AlreadyDecided):
            reviewed_orders.approve(review, by=self.staff)
        with pytest.raises(AlreadyDecided):
            prompt_reviews.cancel(review)
        assert Job.objects.count() == 0
        assert self.stopped(HeldForReview) != review

    def test_it_has_a_limit(self) -> None:
        self.rule(action=RuleAction.HOLD)
        for number in range(prompt_reviews.MAX_WAITING):
            self.stopped(HeldForReview, request={**GUN, "prompt": f"gun {number}"})
        with pytest.raises(TooManyReviews):
            self.place()
        assert self.stopped(HeldForReview, user=self.bob)

    def test_it_holds_no_trusted_author_and_flags_instead(self) -> None:
        self.rule(action=RuleAction.HOLD)
        TrustedAuthor.objects.create(user=self.alice)
        job = self.place()
        review = PromptReview.objects.get()
        assert (review.state, review.placed) == (ReviewState.FLAGGED, job.id)
        self.rule("table")
        self.stopped()  # what is refused is refused to everybody


class TestFlag(ModerationTestCase):
    def test_it_places_and_notes(self) -> None:
        self.rule(action=RuleAction.FLAG)
        job = self.place()
        review = PromptReview.objects.get()
        assert (review.state, review.placed, review.requests) == (ReviewState.FLAGGED, job.id, [])
        assert review.matches[0]["words"] == ["guns"]
        assert not PromptReview.objects.of(self.alice).exists()
        prompt_reviews.mark_seen(review, by=self.staff)
        with pytest.raises(AlreadyDecided):
            prompt_reviews.mark_seen(review, by=self.staff)

    def test_it_notes_nothing_of_what_is_not_placed(self) -> None:
        self.rule(action=RuleAction.FLAG)
        ledger.adjust(user=self.alice, amount=-100, reason="test")
        with pytest.raises(ledger.TooFewCredits):
            self.place()
        assert PromptReview.objects.count() == 0


class TestAppeal(ModerationTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.rule()

    def test_it_is_approved_and_allowed_from_then_on(self) -> None:
        review = self.appealed()
        assert self.stopped(HeldForReview) == review
        reviewed_orders.approve(review, by=self.staff)
        assert Job.objects.get().prompt == GUN["prompt"]
        self.place()
        self.stopped(request={**GUN, "prompt": "Three guns"})
        self.stopped(user=self.bob)
        (letter,) = self.letters()
        assert (letter.to, letter.subject) == ([self.alice.email], "Your prompt was approved")
        assert f"/create/#run-{review.placed}" in letter.body

    def test_it_is_rejected_with_a_reason_that_reaches_the_person(self) -> None:
        type(self.alice).objects.filter(pk=self.alice.pk).update(language="ru")
        review = self.appealed()
        review.user.refresh_from_db()
        prompt_reviews.reject(review, by=self.staff, reason="Оружие запрещено")
        assert Job.objects.count() == 0
        (letter,) = self.letters()
        assert "Оружие запрещено" in letter.body
        assert GUN["prompt"] in letter.body
        rejected = self.stopped(PromptRejected)
        assert rejected == review
        with pytest.raises(AlreadyDecided):
            prompt_reviews.appeal(rejected)

    def test_it_is_decided_once(self) -> None:
        review = self.appealed()
        reviewed_orders.approve(review, by=self.staff)
        with pytest.raises(AlreadyDecided):
            reviewed_orders.approve(PromptReview.objects.get(), by=self.staff)
        with pytest.raises(AlreadyDecided):
            prompt_reviews.reject(review, by=self.staff, reason="no")
        assert Job.objects.count() == 1

    def test_staff_may_change_their_mind(self) -> None:
        review = self.appealed()
        prompt_reviews.reject(review, by=self.staff, reason="no")
        reviewed_orders.approve(review, by=self.staff)
        assert Job.objects.count() == 1

    def test_it_says_what_stands_in_the_way_of_the_images(self) -> None:
        review = self.appealed()
        ledger.adjust(user=self.alice, amount=-100, reason="test")
        reviewed_orders.approve(review, by=self.staff)
        review.refresh_from_db()
        assert (review.state, review.placed) == (ReviewState.APPROVED, None)
        assert "more needed" in review.obstacle
        assert CreditEntry.objects.filter(kind="hold").count() == 0
        assert review.obstacle in self.letters()[0].body
        ledger.grant(user=self.alice, amount=50, reason="test")
        self.place()  # the prompt is allowed

    def test_it_answers_the_clients_key(self) -> None:
        with pytest.raises(PromptNotAllowed) as refusal:
            self.place(key="mine")
        prompt_reviews.appeal(refusal.value.review)
        reviewed_orders.approve(refusal.value.review, by=self.staff)
        again = orders.place(user=self.alice, request=GUN, key="mine")
        assert (again.created, again.jobs) == (False, [Job.objects.get()])

    def test_it_counts_against_the_token_and_not_after_that_has_ended(self) -> None:
        tokens.issue(user=self.alice, name="small", credit_limit=2)
        token = self.alice.tokens.get()
        review = self.appealed(token_id=token.pk)
        reviewed_orders.approve(review, by=self.staff)
        assert review.placed is None
        assert "The token can spend" in review.obstacle
        review = self.appealed(token_id=token.pk, request={**GUN, "prompt": "a gun"})
        tokens.revoke(user=self.alice, name="small")
        reviewed_orders.approve(review, by=self.staff)
        assert "revoked" in review.obstacle

    def test_it_keeps_decision_jobs_and_letter_together(self) -> None:
        """What fails unexpectedly leaves nothing decided."""
        review = self.appealed()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(prompt_reviews.decision_emails, "prompt_approved", _fail)
            with pytest.raises(RuntimeError):
                reviewed_orders.approve(review, by=self.staff)
        assert PromptReview.objects.get().state == ReviewState.WAITING
        assert Job.objects.count() == 0

    def test_it_is_made_once(self) -> None:
        review = self.appealed()
        with pytest.raises(AlreadyDecided):
            prompt_reviews.appeal(review)


def _fail(*_args: object, **_options: object) -> None:
    raise RuntimeError
