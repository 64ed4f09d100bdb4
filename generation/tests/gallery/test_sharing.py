"""`sharing`.

Links, the wish to be public, decisions, reports; what `visibility` reads meanwhile.
"""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import OutgoingEmail
from artgen.testing.gallery import NOBODY_EVER, SharingTestCase
from generation.gallery import images, sharing
from generation.models import Image, ModerationRule, PublicationState, Report, Visibility


class TestLink(SharingTestCase):
    def test_it_cannot_be_guessed_and_shows_the_picture(self):
        slug = self.link().link_slug
        assert re.search(r"^[\w-]{24}$", slug)  # 18 random bytes
        found = sharing.find(slug)
        assert (found.image, found.with_parameters, found.author) == (self.image, False, "")
        assert found.publication is None
        assert self.visibility() == Visibility.LINK
        assert self.link(self.hang()).link_slug != slug

    def test_it_keeps_its_address_when_it_is_changed_unless_renewed(self):
        first = self.link().link_slug
        until = timezone.now() + timedelta(days=1)
        changed = self.link(until=until, with_parameters=True, with_name=True)
        assert (changed.link_slug, changed.link_until) == (first, until)
        assert (changed.link_parameters, changed.link_name) == (True, True)
        second = self.link(renew=True).link_slug
        assert second != first
        assert sharing.find(first) is None
        assert sharing.find(second) is not None

    def test_it_ends_when_its_time_is_over_and_its_address_never_comes_back(self):
        slug = self.link(until=timezone.now() + timedelta(days=1)).link_slug
        Image.objects.update(link_until=timezone.now() - timedelta(seconds=1))
        assert sharing.find(slug) is None
        assert self.now().seen_by == Visibility.PRIVATE
        assert self.link().link_slug != slug

    def test_it_stops(self):
        slug = self.link(with_parameters=True).link_slug
        stopped = sharing.stop_link(self.image)
        assert (stopped.link_slug, stopped.link_parameters) == (None, False)
        assert sharing.find(slug) is None
        assert self.visibility() == Visibility.PRIVATE

    def test_it_rests_in_the_trash_and_comes_back(self):
        slug = self.link().link_slug
        images.trash(self.now())
        assert sharing.find(slug) is None
        images.restore(self.now())
        assert sharing.find(slug) is not None

    def test_it_is_not_made_in_the_trash(self):
        images.trash(self.image)
        for action in (self.link, lambda: sharing.keep_to_link(self.image), self.ask):
            with pytest.raises(sharing.InTheTrash):
                action()
        assert self.now().link_slug is None

    def test_it_ends_with_the_picture_and_with_the_account(self):
        slug = self.link().link_slug
        self.alice.is_active = False
        self.alice.save(update_fields=["is_active"])
        assert sharing.find(slug) is None
        self.alice.is_active = True
        self.alice.save(update_fields=["is_active"])
        self.image.delete()
        assert sharing.find(slug) is None

    def test_it_names_the_author_only_by_the_name_they_gave_and_when_they_want(self):
        self.alice.name = "Alice A."
        self.alice.save(update_fields=["name"])
        assert sharing.find(self.link(with_name=True).link_slug).author == "Alice A."
        assert sharing.find(self.link(with_name=False).link_slug).author == ""
        self.alice.name = ""
        self.alice.save(update_fields=["name"])
        assert sharing.find(self.link(with_name=True).link_slug).author == ""

    def test_it_finds_nothing_unknown(self):
        self.hang()  # without a link
        for slug in (NOBODY_EVER, "", "None"):
            assert sharing.find(slug) is None


class TestPublishing(SharingTestCase):
    def test_it_waits_and_stays_as_visible_as_it_was(self):
        publication = self.ask()
        assert publication.state == PublicationState.WAITING
        assert self.visibility() == Visibility.PRIVATE
        assert sharing.find(publication.slug) is None
        self.link()
        assert self.visibility() == Visibility.LINK

    def test_it_asks_once(self):
        assert self.ask() == self.ask(with_parameters=True)
        sharing.publish(self.ask(), by=self.staff)
        assert self.ask().state == PublicationState.PUBLISHED

    def test_it_is_public_once_approved(self):
        publication = self.published(with_parameters=True)
        publication.refresh_from_db()
        assert publication.decided_by == self.staff
        assert publication.published_at == publication.decided_at
        assert self.visibility() == Visibility.PUBLIC
        found = sharing.find(publication.slug)
        assert (found.publication, found.with_parameters, found.until) == (publication, True, None)

    def test_it_is_refused_with_a_reason_before_and_after(self):
        for publication in (self.ask(), self.published(self.hang())):
            sharing.refuse(publication, by=self.staff, reason="A real person")
            publication.refresh_from_db()
            assert (publication.state, publication.reason) == (
                PublicationState.REFUSED,
                "A real person",
            )
            assert sharing.find(publication.slug) is None
            assert self.now(publication.image).visibility == Visibility.PRIVATE

    def test_it_can_be_asked_again_after_a_refusal(self):
        first = self.ask()
        sharing.refuse(first, by=self.staff, reason="Too dark")
        second = self.ask()
        assert (first.id, first.slug) != (second.id, second.slug)
        assert sharing.last_publication(self.image) == second

    def test_it_is_withdrawn_and_the_link_goes_on(self):
        slug = self.link().link_slug
        publication = self.published()
        sharing.withdraw(self.image)
        assert self.visibility() == Visibility.LINK
        assert sharing.find(publication.slug) is None
        assert sharing.find(slug) is not None

    def test_it_decides_nothing_that_was_withdrawn(self):
        publication = self.ask()
        sharing.withdraw(self.image)
        with pytest.raises(sharing.AlreadyDecided):
            sharing.publish(publication, by=self.staff)
        with pytest.raises(sharing.AlreadyDecided):
            sharing.refuse(publication, by=self.staff, reason="no")
        publication.refresh_from_db()
        assert publication.state == PublicationState.WITHDRAWN
        assert self.visibility() == Visibility.PRIVATE

    def test_it_rests_in_the_trash_and_comes_back(self):
        publication = self.published()
        images.trash(self.now())
        assert sharing.find(publication.slug) is None
        images.restore(self.now())
        assert sharing.find(publication.slug) is not None

    def test_it_is_refused_by_the_word_list_and_remembers_that(self):
        ModerationRule.objects.create(pattern="hill*", at_placing=False)
        with pytest.raises(sharing.NotAllowed) as refusal:
            self.ask()
        assert "hills" in refusal.value.reason
        publication = sharing.last_publication(self.image)
        assert (publication.state, publication.decided_by) == (PublicationState.REFUSED, None)
        assert publication.reason == refusal.value.reason

    def test_it_has_a_limit_of_pictures_before_staff(self):
        for _n in range(sharing.MAX_IN_REVIEW):
            self.ask(self.hang())
        with pytest.raises(sharing.TooManyInReview):
            self.ask()
        assert sharing.last_publication(self.image) is None
        self.ask(self.hang(user=self.bob))

    def test_it_makes_private_all_at_once(self):
        slug = self.link().link_slug
        publication = self.published()
        sharing.make_private(self.image)
        assert self.visibility() == Visibility.PRIVATE
        assert sharing.find(slug) is None
        assert sharing.find(publication.slug) is None

    def test_it_keeps_to_the_link(self):
        self.published()
        changed = sharing.keep_to_link(self.image)
        assert changed.visibility == Visibility.LINK
        assert sharing.keep_to_link(self.image).link_slug == changed.link_slug


class TestReporting(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.publication = self.published()

    def report(self, reporter, **options):
        sharing.report(
            self.publication, **{"reporter": reporter, "kind": "other", "words": "", **options}
        )
        self.publication.refresh_from_db()
        return self.publication.state

    def test_it_hides_after_several_visitors_until_staff_keep_it(self):
        assert self.report("1.1.1.1") == PublicationState.PUBLISHED
        assert self.report("2.2.2.2") == PublicationState.PUBLISHED
        assert self.report("3.3.3.3") == PublicationState.HIDDEN
        assert sharing.find(self.publication.slug) is None
        assert self.visibility() == Visibility.PRIVATE
        since = self.publication.published_at
        sharing.publish(self.publication, by=self.staff)
        assert self.publication.published_at == since  # not to the front again
        assert self.visibility() == Visibility.PUBLIC
        # Settled reports count no more, and those who sent them cannot send them again.
        assert self.report("1.1.1.1") == PublicationState.PUBLISHED
        assert Report.objects.filter(settled_at=None).count() == 0

    def test_it_counts_each_visitor_once_and_keeps_no_address(self):
        for _n in range(sharing.REPORTS_HIDE + 1):
            assert self.report("1.1.1.1", words="again") == PublicationState.PUBLISHED
        report = Report.objects.get()
        assert re.search(r"^[0-9a-f]{64}$", report.reporter)

    def test_it_writes_the_decision_to_those_who_reported(self):
        people = [self.bob, self.make_user("carol@example.org")]
        for decide, words in (
            (lambda: sharing.publish(self.publication, by=self.staff), "kept it in Explore"),
            (
                lambda: sharing.refuse(self.publication, by=self.staff, reason="A real person"),
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
            assert all(words in one.body for one in emails)
            assert not Report.objects.exclude(user=None, settled_at__isnull=False).exists()
            Report.objects.all().delete()  # each visitor reports an image once

    def test_it_tells_reporters_no_prompt_that_visitors_do_not_see(self):
        for shows in (True, False):
            self.publication = self.published(self.hang("a fox at night"), with_parameters=shows)
            self.report(str(self.bob.pk), user=self.bob)
            sharing.refuse(self.publication, by=self.staff, reason="Too dark")
            email = OutgoingEmail.objects.filter(recipient=self.bob.email).latest("id")
            assert ("a fox at night" in email.body) is shows

    def test_it_tells_the_same_visitor_of_two_pictures_by_different_hashes(self):
        self.report("1.1.1.1")
        self.publication = self.published(self.hang())
        self.report("1.1.1.1")
        assert len(set(Report.objects.values_list("reporter", flat=True))) == 2
