"""The moderators' queue: what comes first, decisions, reasons, trust, rights."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry, LogEntryManager
from django.contrib.auth.models import Permission
from django.utils import timezone, translation

from generation.gallery import trash
from generation.gallery.sharing import image_reports, publications
from generation.models import (
    Job,
    ModerationRule,
    PromptReview,
    Publication,
    PublicationState,
    Report,
    ReviewState,
    RuleAction,
    TrustedAuthor,
)
from generation.moderation.refusals import Moderated
from generation.testing import orders
from generation.testing.rows.gallery import SharingTestCase

QUEUE = "/admin/generation/promptreview/queue/"


class QueueTestCase(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(self.staff)

    def held(self, prompt="two guns", *, user=None):
        if not ModerationRule.objects.exists():
            ModerationRule.objects.create(pattern="gun", action=RuleAction.HOLD)
        request = {"model": "flux-dev", "prompt": prompt}
        try:
            orders.place(user=user or self.alice, request=request)
        except Moderated as refusal:
            return refusal.review

    def page(self, **query):
        return self.client.get(QUEUE, query)

    def decide(self, row, decision, reason="", *, queue="", follow=True):
        name = queue or ("images" if isinstance(row, Publication) else "requests")
        data = {"queue": name, "id": str(row.id), "decision": decision, "reason": reason}
        return self.client.post(QUEUE, data, follow=follow)

    def assert_shows(self, page, row):
        self.assertContains(page, f'data-id="{row.id}"')


class TestQueue(QueueTestCase):
    def test_it_shows_the_oldest_of_all_kinds_and_goes_on(self):
        review, publication = self.held(), self.ask()
        page = self.page()
        self.assert_shows(page, review)
        following = page.context["next"]
        self.assert_shows(self.client.get(following), publication)
        last = self.client.get(self.client.get(following).context["next"])
        self.assert_shows(last, review)  # begins again
        self.assert_shows(self.page(show="images"), publication)

    def test_it_leaves_out_the_trash_and_closed_accounts(self):
        trash.move_to_trash(self.ask().image)
        self.held(user=self.bob)
        type(self.bob).objects.filter(pk=self.bob.pk).update(is_active=False)
        self.assertContains(self.page(), "Nothing to review.")

    def test_it_approves_and_shows_the_next(self):
        publication, review = self.ask(), self.held()
        self.assert_shows(self.decide(publication, "approve"), review)
        publication.refresh_from_db()
        assert (publication.state, publication.decided_by) == ("published", self.staff)
        self.assertContains(self.decide(review, "approve"), "Nothing to review.")
        assert Job.objects.filter(prompt="two guns").exists()
        changes = LogEntry.objects.order_by("id").values_list("change_message", flat=True)
        assert list(changes) == ["approved", "approved"]

    def test_a_decision_without_its_entry_in_the_log_does_not_exist(self):
        """A process that dies between both leaves neither."""
        publication, review = self.ask(), self.held()
        action = {"action": "approve", "_selected_action": str(review.pk)}
        for send in (
            lambda: self.decide(publication, "trust"),
            lambda: self.decide(review, "approve"),
            lambda: self.client.post("/admin/generation/promptreview/", action),
        ):
            with (
                patch.object(LogEntryManager, "log_actions", side_effect=SystemExit),
                pytest.raises(SystemExit),
            ):
                send()
        publication.refresh_from_db()
        review.refresh_from_db()
        assert (publication.state, review.state) == ("waiting", ReviewState.WAITING)
        assert not TrustedAuthor.objects.exists()
        assert not Job.objects.filter(prompt="two guns").exists()

    def test_it_rejects_with_a_reason_and_never_without(self):
        publication, review = self.ask(), self.held()
        for row in (publication, review):
            page = self.decide(row, "reject", "  ")
            self.assertContains(page, "Enter a reason.")
            self.assert_shows(page, row)
            self.decide(row, "reject", "No\0 guns")
            row.refresh_from_db()
            assert row.reason == "No guns"
        assert (publication.state, review.state) == ("refused", ReviewState.REJECTED)

    def test_it_trusts_an_author(self):
        first = self.ask()
        self.decide(first, "trust")
        trusted = TrustedAuthor.objects.get()
        assert (trusted.user, trusted.trusted_by) == (self.alice, self.staff)
        assert self.ask(self.hang()).state == PublicationState.PUBLISHED
        assert LogEntry.objects.get().change_message == "approved, author trusted"

    def test_it_says_that_somebody_else_was_faster(self):
        publication = self.ask()
        publications.publish(publication, by=self.staff)
        publications.withdraw(publication.image)
        self.assertContains(self.decide(publication, "approve"), "Already reviewed or withdrawn")
        review = self.held()
        self.decide(review, "approve")
        self.assertContains(self.decide(review, "reject", "no"), "Already reviewed or withdrawn")
        assert Job.objects.filter(prompt="two guns").count() == 1

    def test_it_groups_reports_by_image(self):
        publication = self.published()
        for number, kind in enumerate(("person", "person", "offensive")):
            image_reports.report(
                publication, reporter=f"1.1.1.{number}", kind=kind, words=f"w{number}"
            )
        page = self.page()
        self.assert_shows(page, publication)
        self.assertContains(page, "2 × It shows a real person")
        self.assertContains(page, "1 × It is offensive or disturbing")
        self.assertContains(page, '<q dir="auto">w1</q>')
        self.decide(publication, "approve")
        self.assertContains(self.page(), "Nothing to review.")
        assert not publication.reports.filter(settled_at=None).exists()

    def test_it_has_hidden_images_among_the_reported_ones(self):
        publication = self.published()
        for number in range(image_reports.REPORTS_HIDE):
            image_reports.report(publication, reporter=f"1.1.1.{number}", kind="person", words="")
        page = self.page(show="reports")
        self.assert_shows(page, publication)
        self.assertContains(page, "Return to Explore")
        counts = {tab["name"]: tab["count"] for tab in page.context["tabs"]}
        assert (counts["images"], counts["reports"]) == ("0", "1")

    def test_flags_are_looked_at_when_they_are_asked_for(self):
        ModerationRule.objects.create(pattern="gun", action=RuleAction.FLAG)
        self.held()
        review = PromptReview.objects.get()
        self.assertContains(self.page(), "Nothing to review.")
        page = self.page(show="flagged")
        self.assert_shows(page, review)
        self.assertNotContains(page, 'value="reject"')
        self.decide(review, "approve", queue="flagged")
        review.refresh_from_db()
        assert review.state == ReviewState.SEEN

    def test_a_single_report_is_enough_to_be_looked_at(self):
        publication = self.published()
        image_reports.report(publication, reporter="1.1.1.1", kind="person", words="my sister")
        self.assert_shows(self.page(show="reports"), publication)
        self.assert_shows(self.page(), publication)


class TestRights(QueueTestCase):
    def moderator(self, *rights):
        user = self.make_user(f"{len(rights)}@example.org", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        self.client.force_login(user)

    def test_trust_needs_a_right_of_its_own(self):
        publication = self.ask()
        self.moderator("change_publication")
        self.assertNotContains(self.page(), 'value="trust"')
        assert self.decide(publication, "trust").status_code == 403
        publication.refresh_from_db()
        assert (publication.state, TrustedAuthor.objects.count()) == ("waiting", 0)

    def test_it_shows_what_a_moderator_may_decide(self):
        publication, review = self.ask(), self.held()
        self.moderator("change_promptreview")
        self.assert_shows(self.page(), review)
        self.assertNotContains(self.page(), "Reported")
        self.decide(publication, "approve")
        publication.refresh_from_db()
        assert publication.state == PublicationState.WAITING


class TestManyReports(QueueTestCase):
    def test_it_shows_few_texts_and_keeps_the_decision_near(self):
        publication = self.published()
        for number in range(30):
            words = f"text {number}." if number % 5 else ""
            image_reports.report(
                publication, reporter=f"1.1.1.{number}", kind="person", words=words
            )
        with translation.override("en"):
            page = self.page(show="reports")
        reports = page.context["reports"]
        assert (reports["total"], reports["texts"]) == (30, ["text 29.", "text 28."])
        assert (len(reports["more"]), reports["left_out"]) == (18, 4)
        self.assertContains(page, f"/admin/generation/publication/{publication.pk}/change/")


class TestStartPage(QueueTestCase):
    def test_it_counts_the_wait_of_a_reported_image_from_its_report(self):
        publication = self.published()
        Publication.objects.update(asked_at=timezone.now() - timedelta(days=9))
        image_reports.report(publication, reporter="1.1.1.1", kind="person", words="")
        Report.objects.update(created_at=timezone.now() - timedelta(hours=2, minutes=1))
        titles = {item.title: item.detail for item in self.client.get("/admin/").context["items"]}
        assert titles["1 reported image"].startswith("The oldest for 2\xa0h.")


class TestLists(QueueTestCase):
    def test_it_lists_requests_and_approves_rejected_ones(self):
        review = self.held()
        self.decide(review, "reject", "no")
        page = self.client.get("/admin/generation/promptreview/")
        self.assertContains(page, "two guns")
        self.assertContains(page, QUEUE)
        data = {"action": "approve", "_selected_action": [str(review.id)]}
        page = self.client.post("/admin/generation/promptreview/", data, follow=True)
        self.assertContains(page, "1 request approved.")
        assert Job.objects.filter(prompt="two guns").exists()
        page = self.client.get(f"/admin/generation/promptreview/{review.id}/change/")
        self.assertContains(page, "two guns")

    def test_it_trusts_and_withdraws_trust(self):
        self.client.post("/admin/generation/trustedauthor/add/", {"user": str(self.alice.pk)})
        trusted = TrustedAuthor.objects.get()
        assert (trusted.user, trusted.trusted_by) == (self.alice, self.staff)
        assert trusted.since <= timezone.now()
        self.client.post(f"/admin/generation/trustedauthor/{trusted.pk}/delete/", {"post": "yes"})
        assert TrustedAuthor.objects.count() == 0
