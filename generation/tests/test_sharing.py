"""`sharing`: links, the wish to be public, decisions, reports; what `visibility` reads meanwhile."""

from datetime import timedelta

from django.utils import timezone

from generation.gallery import images, sharing
from generation.models import BlockedWord, Image, PublicationState, Report, Visibility
from generation.tests.test_gallery_page import GalleryTestCase

NOBODY_EVER = "AAAAAAAAAAAAAAAAAAAAAAAA"


class SharingTestCase(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.image = self.hang("tea hills in mist")

    def link(self, image=None, **options):
        options = {"until": None, "with_parameters": False, "with_name": False, **options}
        return sharing.share_by_link(image or self.image, **options)

    def ask(self, image=None, **options):
        return sharing.ask_to_publish(
            image or self.image, **{"with_parameters": False, "with_name": False, **options}
        )

    def published(self, image=None, **options):
        publication = self.ask(image, **options)
        sharing.publish(publication, by=self.staff)
        return publication

    def now(self, image=None):
        return Image.objects.get(id=(image or self.image).id)

    def visibility(self):
        return self.now().visibility


class Link(SharingTestCase):
    def test_it_cannot_be_guessed_and_shows_the_picture(self):
        slug = self.link().link_slug
        self.assertRegex(slug, r"^[\w-]{24}$")  # 18 random bytes
        found = sharing.find(slug)
        self.assertEqual(
            (found.image, found.with_parameters, found.author), (self.image, False, "")
        )
        self.assertIsNone(found.publication)
        self.assertEqual(self.visibility(), Visibility.LINK)
        self.assertNotEqual(self.link(self.hang()).link_slug, slug)

    def test_it_keeps_its_address_when_it_is_changed_unless_renewed(self):
        first = self.link().link_slug
        until = timezone.now() + timedelta(days=1)
        changed = self.link(until=until, with_parameters=True, with_name=True)
        self.assertEqual((changed.link_slug, changed.link_until), (first, until))
        self.assertEqual((changed.link_parameters, changed.link_name), (True, True))
        second = self.link(renew=True).link_slug
        self.assertNotEqual(second, first)
        self.assertIsNone(sharing.find(first))
        self.assertIsNotNone(sharing.find(second))

    def test_it_ends_when_its_time_is_over_and_its_address_never_comes_back(self):
        slug = self.link(until=timezone.now() + timedelta(days=1)).link_slug
        Image.objects.update(link_until=timezone.now() - timedelta(seconds=1))
        self.assertIsNone(sharing.find(slug))
        self.assertEqual(self.now().seen_by, Visibility.PRIVATE)
        self.assertNotEqual(self.link().link_slug, slug)

    def test_it_stops(self):
        slug = self.link(with_parameters=True).link_slug
        stopped = sharing.stop_link(self.image)
        self.assertEqual((stopped.link_slug, stopped.link_parameters), (None, False))
        self.assertIsNone(sharing.find(slug))
        self.assertEqual(self.visibility(), Visibility.PRIVATE)

    def test_it_rests_in_the_trash_and_comes_back(self):
        slug = self.link().link_slug
        images.trash(self.now())
        self.assertIsNone(sharing.find(slug))
        images.restore(self.now())
        self.assertIsNotNone(sharing.find(slug))

    def test_it_is_not_made_in_the_trash(self):
        images.trash(self.image)
        for action in (self.link, lambda: sharing.keep_to_link(self.image), self.ask):
            with self.assertRaises(sharing.InTheTrash):
                action()
        self.assertIsNone(self.now().link_slug)

    def test_it_ends_with_the_picture_and_with_the_account(self):
        slug = self.link().link_slug
        self.alice.is_active = False
        self.alice.save(update_fields=["is_active"])
        self.assertIsNone(sharing.find(slug))
        self.alice.is_active = True
        self.alice.save(update_fields=["is_active"])
        self.image.delete()
        self.assertIsNone(sharing.find(slug))

    def test_it_names_the_author_only_by_the_name_they_gave_and_when_they_want(self):
        self.alice.name = "Alice A."
        self.alice.save(update_fields=["name"])
        self.assertEqual(sharing.find(self.link(with_name=True).link_slug).author, "Alice A.")
        self.assertEqual(sharing.find(self.link(with_name=False).link_slug).author, "")
        self.alice.name = ""
        self.alice.save(update_fields=["name"])
        self.assertEqual(sharing.find(self.link(with_name=True).link_slug).author, "")

    def test_it_finds_nothing_unknown(self):
        self.hang()  # without a link
        for slug in (NOBODY_EVER, "", "None"):
            self.assertIsNone(sharing.find(slug))


class Publishing(SharingTestCase):
    def test_it_waits_and_stays_as_visible_as_it_was(self):
        publication = self.ask()
        self.assertEqual(publication.state, PublicationState.WAITING)
        self.assertEqual(self.visibility(), Visibility.PRIVATE)
        self.assertIsNone(sharing.find(publication.slug))
        self.link()
        self.assertEqual(self.visibility(), Visibility.LINK)

    def test_it_asks_once(self):
        self.assertEqual(self.ask(), self.ask(with_parameters=True))
        sharing.publish(self.ask(), by=self.staff)
        self.assertEqual(self.ask().state, PublicationState.PUBLISHED)

    def test_it_is_public_once_approved(self):
        publication = self.published(with_parameters=True)
        publication.refresh_from_db()
        self.assertEqual(publication.decided_by, self.staff)
        self.assertEqual(publication.published_at, publication.decided_at)
        self.assertEqual(self.visibility(), Visibility.PUBLIC)
        found = sharing.find(publication.slug)
        self.assertEqual(
            (found.publication, found.with_parameters, found.until), (publication, True, None)
        )

    def test_it_is_refused_with_a_reason_before_and_after(self):
        for publication in (self.ask(), self.published(self.hang())):
            sharing.refuse(publication, by=self.staff, reason="A real person")
            publication.refresh_from_db()
            self.assertEqual(
                (publication.state, publication.reason), (PublicationState.REFUSED, "A real person")
            )
            self.assertIsNone(sharing.find(publication.slug))
            self.assertEqual(self.now(publication.image).visibility, Visibility.PRIVATE)

    def test_it_can_be_asked_again_after_a_refusal(self):
        first = self.ask()
        sharing.refuse(first, by=self.staff, reason="Too dark")
        second = self.ask()
        self.assertNotEqual((first.id, first.slug), (second.id, second.slug))
        self.assertEqual(sharing.last_publication(self.image), second)

    def test_it_is_withdrawn_and_the_link_goes_on(self):
        slug = self.link().link_slug
        publication = self.published()
        sharing.withdraw(self.image)
        self.assertEqual(self.visibility(), Visibility.LINK)
        self.assertIsNone(sharing.find(publication.slug))
        self.assertIsNotNone(sharing.find(slug))

    def test_it_decides_nothing_that_was_withdrawn(self):
        publication = self.ask()
        sharing.withdraw(self.image)
        with self.assertRaises(sharing.AlreadyDecided):
            sharing.publish(publication, by=self.staff)
        with self.assertRaises(sharing.AlreadyDecided):
            sharing.refuse(publication, by=self.staff, reason="no")
        publication.refresh_from_db()
        self.assertEqual(publication.state, PublicationState.WITHDRAWN)
        self.assertEqual(self.visibility(), Visibility.PRIVATE)

    def test_it_rests_in_the_trash_and_comes_back(self):
        publication = self.published()
        images.trash(self.now())
        self.assertIsNone(sharing.find(publication.slug))
        images.restore(self.now())
        self.assertIsNotNone(sharing.find(publication.slug))

    def test_it_is_refused_by_the_word_list_and_remembers_that(self):
        BlockedWord.objects.create(word="hill*")
        with self.assertRaises(sharing.NotAllowed) as refusal:
            self.ask()
        self.assertIn("hills", refusal.exception.reason)
        publication = sharing.last_publication(self.image)
        self.assertEqual(
            (publication.state, publication.decided_by), (PublicationState.REFUSED, None)
        )
        self.assertEqual(publication.reason, refusal.exception.reason)

    def test_it_has_a_limit_of_pictures_before_staff(self):
        for _n in range(sharing.MAX_IN_REVIEW):
            self.ask(self.hang())
        with self.assertRaises(sharing.TooManyInReview):
            self.ask()
        self.assertIsNone(sharing.last_publication(self.image))
        self.ask(self.hang(user=self.bob))

    def test_it_makes_private_all_at_once(self):
        slug = self.link().link_slug
        publication = self.published()
        sharing.make_private(self.image)
        self.assertEqual(self.visibility(), Visibility.PRIVATE)
        self.assertIsNone(sharing.find(slug))
        self.assertIsNone(sharing.find(publication.slug))

    def test_it_keeps_to_the_link(self):
        self.published()
        changed = sharing.keep_to_link(self.image)
        self.assertEqual(changed.visibility, Visibility.LINK)
        self.assertEqual(sharing.keep_to_link(self.image).link_slug, changed.link_slug)


class Reporting(SharingTestCase):
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
        self.assertEqual(self.report("1.1.1.1"), PublicationState.PUBLISHED)
        self.assertEqual(self.report("2.2.2.2"), PublicationState.PUBLISHED)
        self.assertEqual(self.report("3.3.3.3"), PublicationState.HIDDEN)
        self.assertIsNone(sharing.find(self.publication.slug))
        self.assertEqual(self.visibility(), Visibility.PRIVATE)
        since = self.publication.published_at
        sharing.publish(self.publication, by=self.staff)
        self.assertEqual(self.publication.published_at, since)  # not to the front again
        self.assertEqual(self.visibility(), Visibility.PUBLIC)
        # Settled reports count no more, and those who sent them cannot send them again.
        self.assertEqual(self.report("1.1.1.1"), PublicationState.PUBLISHED)
        self.assertEqual(Report.objects.filter(settled_at=None).count(), 0)

    def test_it_counts_each_visitor_once_and_keeps_no_address(self):
        for _n in range(sharing.REPORTS_HIDE + 1):
            self.assertEqual(self.report("1.1.1.1", words="again"), PublicationState.PUBLISHED)
        report = Report.objects.get()
        self.assertRegex(report.reporter, r"^[0-9a-f]{64}$")

    def test_it_tells_the_same_visitor_of_two_pictures_by_different_hashes(self):
        self.report("1.1.1.1")
        self.publication = self.published(self.hang())
        self.report("1.1.1.1")
        self.assertEqual(len(set(Report.objects.values_list("reporter", flat=True))), 2)
