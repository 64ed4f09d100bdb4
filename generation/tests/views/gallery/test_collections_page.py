"""/gallery/collections/, a collection's own page, and the menu on the picture page."""

from django.urls import reverse
from django.utils import timezone

from generation.gallery import collections
from generation.models import Collection, CollectionImage
from generation.testing.pages.html import flat
from generation.testing.rows.gallery import SCRIPT, GalleryTestCase


class TestCollectionsPage(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("collections")

    def pile(self, name="Hills", *images, user=None):
        pile = collections.create(user=user or self.alice, name=name)
        collections.add(pile, image_ids=[image.id for image in images])
        return pile

    def address(self, pile):
        return f"{reverse('gallery')}?collection={pile.id}"

    def test_it_shows_own_ones_with_counts_and_covers(self):
        kept, gone = self.hang(), self.hang(trashed_at=timezone.now())
        pile = self.pile("Hills", kept, gone)
        self.pile("Bob's", user=self.bob)
        page = self.client.get(self.url)
        self.assertContains(page, f'href="{self.address(pile)}"')
        self.assertContains(page, kept.thumbnail_key)
        self.assertNotContains(page, gone.thumbnail_key)
        self.assertContains(page, "1\N{NO-BREAK SPACE}image")
        self.assertNotContains(page, "Bob&#x27;s")

    def test_it_makes_one_and_opens_it(self):
        page = self.client.post(self.url, {"name": "Hills"})
        self.assertRedirects(page, self.address(Collection.objects.get()))
        self.assertContains(self.client.get(page["Location"]), "This collection is empty")

    def test_it_says_why_not_and_keeps_what_was_written(self):
        pile = self.pile("Hills")
        for name, message in (
            ("hills", "A collection named “Hills” already exists."),
            (" ", "Fill in this field."),
        ):
            page = self.client.post(self.url, {"name": name})
            self.assertContains(page, message, status_code=400)
        self.assertContains(
            self.client.post(self.url, {"name": "HILLS"}), 'value="HILLS"', status_code=400
        )
        assert Collection.objects.get() == pile

    def test_it_shows_the_pictures_of_one_filtered_like_all(self):
        liked, other, outside = self.hang(favorite=True), self.hang(), self.hang(favorite=True)
        pile = self.pile("Hills", liked, other)
        page = self.client.get(self.address(pile))
        assert self.shown(page) == self.ids(other, liked)
        self.assertContains(page, '<h1 class="heading">Hills</h1>')
        liked_page = self.client.get(f"{self.address(pile)}&favorite=1")
        assert self.shown(liked_page) == self.ids(liked)
        assert self.shown(self.client.get("/gallery/")) == self.ids(outside, other, liked)

    def test_it_tells_of_one_that_is_gone(self):
        image, bobs = self.hang(), self.pile("Bob's", user=self.bob)
        for address in (self.address(bobs), "/gallery/?collection=x"):
            page = self.client.get(address)
            self.assertContains(page, "This collection no longer exists.")
            assert self.shown(page) == self.ids(image)

    def test_it_renames_deletes_and_takes_back(self):
        pile = self.pile("Hills", self.hang())
        self.client.post(reverse("rename_collection", args=[pile.id]), {"name": "Tea hills"})
        assert Collection.objects.get().name == "Tea hills"
        page = self.client.post(reverse("delete_collection", args=[pile.id]), follow=True)
        self.assertContains(page, "“Tea hills” deleted. Its images are kept.")
        self.assertContains(page, reverse("restore_collection", args=[pile.id]))
        back = self.client.post(reverse("restore_collection", args=[pile.id]))
        self.assertRedirects(back, self.address(pile))
        assert Collection.objects.present().get().images.count() == 1

    def test_it_puts_a_picture_in_and_out(self):
        image, pile = self.hang(), self.pile("Hills")
        url, page = reverse("image_collections", args=[image.id]), reverse("image", args=[image.id])
        assert f'name="add" value="{pile.id}" aria-pressed="false"' in flat(self.client.get(page))
        self.assertRedirects(self.client.post(url, {"add": str(pile.id)}), page)
        assert f'name="remove" value="{pile.id}" aria-pressed="true"' in flat(self.client.get(page))
        menu = self.client.post(url, {"remove": str(pile.id)}, headers=SCRIPT)
        assert f'name="add" value="{pile.id}"' in flat(menu)
        self.client.post(url, {"name": "New"})
        assert CollectionImage.objects.get().collection.name == "New"
        self.assertContains(
            self.client.post(url, {"name": "new"}, headers=SCRIPT), "already", status_code=400
        )
        assert self.client.post(url, {"add": "x"}).status_code == 404
