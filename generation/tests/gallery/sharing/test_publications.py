"""Requests to publish images, decisions about them, and reports."""

import re

import pytest

from accounts.emails import outbox
from accounts.models import OutgoingEmail
from generation.gallery import trash
from generation.gallery.sharing import image_reports, publications, share_links
from generation.models import ModerationRule, PublicationState, Report, Visibility
from generation.testing.rows.gallery import SharingTestCase


class TestPublishing(SharingTestCase):
    def test_it_waits_and_stays_as_visible_as_it_was(self):
        publication = self.ask()
        assert publication.state == PublicationState.WAITING
        assert self.visibility() == Visibility.PRIVATE
        assert share_links.find(publication.slug) is None
        self.link()
        assert self.visibility() == Visibility.LINK

    def test_it_asks_once(self):
        assert self.ask() == self.ask(with_parameters=True)
        publications.publish(self.ask(), by=self.staff)
        assert self.ask().state == PublicationState.PUBLISHED

    def test_it_is_public_once_approved(self):
        publication = self.published(with_parameters=True)
        publication.refresh_from_db()
        assert publication.decided_by == self.staff
        assert publication.published_at == publication.decided_at
        assert self.visibility() == Visibility.PUBLIC
        found = share_links.find(publication.slug)
        assert (found.publication, found.with_parameters, found.until) == (publication, True, None)

    def test_it_is_refused_with_a_reason_before_and_after(self):
        for publication in (self.ask(), self.published(self.hang())):
            publications.refuse(publication, by=self.staff, reason="A real person")
            publication.refresh_from_db()
            assert (publication.state, publication.reason) == (
                PublicationState.REFUSED,
                "A real person",
            )
            assert share_links.find(publication.slug) is None
            assert self.now(publication.image).visibility == Visibility.PRIVATE

    def test_it_can_be_asked_again_after_a_refusal(self):
        first = self.ask()
        publications.refuse(first, by=self.staff, reason="Too dark")
        second = self.ask()
        assert (first.id, first.slug) != (second.id, second.slug)
        assert publications.last(self.image) == second

    def test_it_is_withdrawn_and_the_link_goes_on(self):
        slug = self.link().link_slug
        publication = self.published()
        publications.withdraw(self.image)
        assert self.visibility() == Visibility.LINK
        assert share_links.find(publication.slug) is None
        assert share_links.find(slug) is not None

    def test_it_decides_nothing_that_was_withdrawn(self):
        publication = self.ask()
        publications.withdraw(self.image)
        with pytest.raises(publications.AlreadyDecided):
            publications.publish(publication, by=self.staff)
        with pytest.raises(publications.AlreadyDecided):
            publications.refuse(publication, by=self.staff, reason="no")
        publication.refresh_from_db()
        assert publication.state == PublicationState.WITHDRAWN
        assert self.visibility() == Visibility.PRIVATE

    def test_it_rests_in_the_trash_and_comes_back(self):
        publication = self.published()
        trash.move_to_trash(self.now())
        assert share_links.find(publication.slug) is None
        trash.restore(self.now())
        assert share_links.find(publication.slug) is not None

    def test_it_is_refused_by_the_word_list_and_remembers_that(self):
        ModerationRule.objects.create(pattern="hill*", at_placing=False)
        with pytest.raises(publications.NotPublishable) as refusal:
            self.ask()
        assert "hills" in refusal.value.reason
        publication = publications.last(self.image)
        assert (publication.state, publication.decided_by) == (PublicationState.REFUSED, None)
        assert publication.reason == refusal.value.reason

    def test_it_has_a_limit_of_pictures_before_staff(self):
        for _n in range(publications.MAX_IN_REVIEW):
            self.ask(self.hang())
        with pytest.raises(publications.TooManyInReview):
            self.ask()
        assert publications.last(self.image) is None
        self.ask(self.hang(user=self.bob))


class TestReporting(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.publication = self.published()

    def report(self, reporter, **options):
        image_reports.report(
            self.publication, **{"reporter": reporter, "kind": "other", "words": "", **options}
        )
        self.publication.refresh_from_db()
        return self.publication.state

    def test_it_hides_after_several_visitors_until_staff_keep_it(self):
        assert self.report("1.1.1.1") == PublicationState.PUBLISHED
        assert self.report("2.2.2.2") == PublicationState.PUBLISHED
        assert self.report("3.3.3.3") == PublicationState.HIDDEN
        assert share_links.find(self.publication.slug) is None
        assert self.visibility() == Visibility.PRIVATE
        since = self.publication.published_at
        publications.publish(self.publication, by=self.staff)
        assert self.publication.published_at == since  # not to the front again
        assert self.visibility() == Visibility.PUBLIC
        # Settled reports count no more, and those who sent them cannot send them again.
        assert self.report("1.1.1.1") == PublicationState.PUBLISHED
        assert Report.objects.filter(settled_at=None).count() == 0

    def test_it_counts_each_visitor_once_and_keeps_no_address(self):
        for _n in range(image_reports.REPORTS_HIDE + 1):
            assert self.report("1.1.1.1", words="again") == PublicationState.PUBLISHED
        report = Report.objects.get()
        assert re.search(r"^[0-9a-f]{64}$", report.reporter)

    def test_it_writes_the_decision_to_those_who_reported(self):
        people = [self.bob, self.make_user("carol@example.org")]
        for decide, words in (
            (lambda: publications.publish(self.publication, by=self.staff), "kept it in Explore"),
            (
                lambda: publications.refuse(
                    self.publication, by=self.staff, reason="A real person"
                ),
                "Reason: A real person",
            ),
        ):
            for person in people:
                self.report(str(person.pk), user=person)
            self.report("1.1.1.1")
            OutgoingEmail.objects.all().delete()
            decide()
            emails = OutgoingEmail.objects.exclude(recipient=self.alice.email)
            assert sorted(one.recipient for one in emails) == [
                "bob@example.org",
                "carol@example.org",
            ]
            assert all(words in outbox.text_of(one) for one in emails)
            assert not Report.objects.exclude(user=None, settled_at__isnull=False).exists()
            Report.objects.all().delete()  # each visitor reports an image once

    def test_it_tells_reporters_no_prompt_that_visitors_do_not_see(self):
        for shows in (True, False):
            self.publication = self.published(self.hang("a fox at night"), with_parameters=shows)
            self.report(str(self.bob.pk), user=self.bob)
            publications.refuse(self.publication, by=self.staff, reason="Too dark")
            email = OutgoingEmail.objects.filter(recipient=self.bob.email).latest("id")
            assert ("a fox at night" in outbox.text_of(email)) is shows

    def test_it_tells_the_same_visitor_of_two_pictures_by_different_hashes(self):
        self.report("1.1.1.1")
        self.publication = self.published(self.hang())
        self.report("1.1.1.1")
        assert len(set(Report.objects.values_list("reporter", flat=True))) == 2
