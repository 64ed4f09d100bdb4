"""Sharing a collection by link: the owner's page, and what people with the link see."""

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from generation.gallery import collections, trash
from generation.gallery.sharing import collection_share_links, image_reports, publications
from generation.models import Collection
from generation.owned_rows import named_rows
from generation.testing.clock import held_clock
from generation.testing.rows.gallery import SharingTestCase
from generation.views.gallery import grid


class SharedCollectionTestCase(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.collection = collections.create(user=self.alice, name="Hills <b>")
        collections.add(self.collection, image_ids=[self.image.id])
        self.guest = Client(headers={"Accept-Language": "en"})

    def share(self, **options):
        options = {"until": None, "with_parameters": False, "with_name": False, **options}
        self.collection = collection_share_links.share(self.collection, **options)
        return self.collection.link_slug

    def at(self, name="shared_collection", *args):
        return reverse(name, args=[self.collection.link_slug, *args])

    def member(self, image=None):
        return self.collection.members.get(image=image or self.image).pk

    def seen(self):
        """Return the images that a guest sees, as (page, item, file) of each."""
        page = self.guest.get(self.at())
        assert page.status_code == 200
        return [tile.tile.image for tile in page.context["tiles"]]


class TestOwnersPage(SharedCollectionTestCase):
    def post(self, **data):
        page = self.client.post(reverse("share_collection", args=[self.collection.id]), data)
        assert page.status_code == 302
        self.collection.refresh_from_db()
        return self.collection

    def test_it_makes_changes_renews_and_stops_the_link(self):
        first = self.post(period="7", parameters="on")
        slug, until = first.link_slug, first.link_until
        assert (first.link_parameters, first.link_name) == (True, False)
        page = self.client.get(reverse("share_collection", args=[self.collection.id]))
        self.assertContains(page, f"/c/{slug}/")
        changed = self.post(period="keep", name="on")
        assert (changed.link_slug, changed.link_until, changed.link_name) == (slug, until, True)
        assert self.post(period="never", new="1").link_slug != slug
        assert self.post(stop="1").link_slug is None


class TestSharedCollection(SharedCollectionTestCase):
    def test_it_shows_images_without_what_is_private(self):
        self.share()
        for page in (
            self.guest.get(self.at()),
            self.guest.get(self.at("shared_item", self.member())),
        ):
            self.assertContains(page, "Hills &lt;b&gt;")
            assert page["X-Robots-Tag"].startswith("noindex")
            assert page["Cache-Control"] == "private, no-store"
            for secret in ("tea hills", "FLUX", "alice", reverse("image", args=[self.image.id])):
                self.assertNotContains(page, secret)

    def test_it_shows_what_the_owner_allows(self):
        self.alice.name = "Alice A."
        self.alice.save(update_fields=["name"])
        self.share(with_parameters=True, with_name=True)
        page = self.guest.get(self.at("shared_item", self.member()))
        self.assertContains(page, "tea hills in mist")
        self.assertContains(page, "Alice A.")

    def test_it_leaves_out_trashed_and_moderated_images(self):
        self.share()
        hidden, refused, published = (self.hang() for _n in range(3))
        collections.add(self.collection, image_ids=[hidden.id, refused.id, published.id])
        reported = self.published(hidden)
        for visitor in "abc":
            image_reports.report(reported, reporter=visitor, kind="other", words="")
        publications.refuse(self.ask(refused), by=self.staff, reason="no")
        self.published(published)
        assert self.seen() == [published, self.image]
        for image in (hidden, refused):
            for name in ("shared_item", "shared_item_image"):
                assert self.guest.get(self.at(name, self.member(image))).status_code == 404
        trash.move_to_trash(published)
        member = self.member(published)
        assert self.guest.get(self.at("shared_item", member)).status_code == 404

    def test_it_shows_no_image_of_another_collection(self):
        self.share()
        other = collections.create(user=self.alice, name="Other")
        collections.add(other, image_ids=[self.hang().id])
        foreign = other.members.get().pk
        for number in (foreign, 0, 10**30):
            assert self.guest.get(self.at("shared_item", number)).status_code == 404

    def test_it_ends(self):
        slug = self.share(until=timezone.now() + timedelta(days=1))
        address = self.at()
        assert self.guest.get(address).status_code == 200
        Collection.objects.update(link_until=timezone.now() - timedelta(seconds=1))
        assert self.guest.get(address).status_code == 404
        self.collection.refresh_from_db()
        assert self.share() != slug
        address = self.at()
        named_rows.delete(self.collection)
        assert self.guest.get(address).status_code == 404
        named_rows.restore(self.collection)
        assert self.guest.get(address).status_code == 200
        User.objects.update(is_active=False)
        assert self.guest.get(address).status_code == 404
        User.objects.update(is_active=True)
        collection_share_links.stop(self.collection)
        assert self.guest.get(address).status_code == 404

    @held_clock()
    def test_it_has_pages_and_as_many_queries_for_each(self):
        self.share()
        more = [self.hang() for _n in range(grid.PAGE)]
        collections.add(self.collection, image_ids=[image.id for image in more])
        with CaptureQueriesContext(connection) as queries:
            first = self.guest.get(self.at())
        assert len(first.context["tiles"]) == grid.PAGE
        with self.assertNumQueries(len(queries)):
            second = self.guest.get(first.context["next_address"])
        assert [tile.tile.image for tile in second.context["tiles"]] == [self.image]
        for cursor in ("0", "x", "9" * 40, "-1", "²"):
            assert self.guest.get(self.at(), {"before": cursor}).status_code == 200
