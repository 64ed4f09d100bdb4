"""/gallery/selection/…: many pictures at once, own ones alone, with and without script."""

from collections import Counter
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from generation.files import storage
from generation.gallery import collections
from generation.models import Collection, Image
from generation.operations import cleanup
from generation.testing.pages.html import flat
from generation.testing.rows.gallery import GalleryTestCase
from generation.testing.rows.selection import SelectionTestCase, Shared


class Changing(Shared):
    def test_it_goes_back_without_script_and_says_how_many(self):
        images = [self.prepare() for _n in range(2)]
        fields = {
            "id": [str(image.id) for image in images],
            "next": "/gallery/?q=light",
            **self.more,
        }
        response = self.client.post(self.url, fields, follow=True)
        assert response.redirect_chain[0][0] == "/gallery/?q=light"
        self.assertContains(response, f"2 images {self.expected}")

    def test_it_leads_to_no_other_site(self):
        response = self.client.post(
            self.url, {"id": str(self.prepare().id), "next": "https://evil.org/", **self.more}
        )
        self.assertRedirects(response, "/gallery/")


class TestFavorite(Changing, SelectionTestCase):
    name, more, expected = "favorite_selection", {"favorite": "1"}, "added to favorites."

    def prepare(self, **fields):
        return self.hang(**fields)

    def test_it_marks_and_unmarks_and_tells_what_changed(self):
        plain, marked, trashed = (
            self.hang(),
            self.hang(favorite=True),
            self.hang(trashed_at=timezone.now()),
        )
        answer = self.answered(self.ask(plain, marked, trashed, favorite="1"))
        assert answer == {
            "message": "1 image added to favorites.",
            "changed": [str(plain.id)],
            "collection": None,
        }
        assert Counter(Image.objects.filter(favorite=True)) == Counter([plain, marked])
        answer = self.answered(self.ask(plain, marked, favorite="0"))
        assert answer["changed"] == [str(plain.id), str(marked.id)]
        assert not Image.objects.filter(favorite=True).exists()


class TestTrash(Changing, SelectionTestCase):
    name, more, expected = "trash_selection", {}, "moved to trash."

    def prepare(self, **fields):
        return self.hang(**fields)

    def test_it_moves_all_to_the_trash_and_keeps_the_first_date(self):
        before = timezone.now() - timedelta(days=3)
        first, second, old = self.hang(), self.hang(), self.hang(trashed_at=before)
        answer = self.answered(self.ask(first, second, old))
        assert answer == {
            "message": "2 images moved to trash.",
            "changed": self.ids(first, second),
            "collection": None,
        }
        assert Image.objects.trashed().count() == 3
        assert Image.objects.get(id=old.id).trashed_at == before

    def test_it_offers_one_undo_for_all_without_script(self):
        images = [self.hang(), self.hang()]
        page = self.client.post(self.url, {"id": self.ids(*images)}, follow=True)
        self.assertContains(
            page,
            f'formaction="{reverse("restore_selection")}" name="ids" value="{images[0].id},{images[1].id}"',
        )
        self.client.post(reverse("restore_selection"), {"ids": ",".join(self.ids(*images))})
        assert Image.objects.kept().count() == 2


class TestRestore(Changing, SelectionTestCase):
    name, more, expected = "restore_selection", {}, "restored."

    def prepare(self, **fields):
        return self.hang(trashed_at=timezone.now(), **fields)

    def test_it_restores_own_pictures_but_none_that_have_ended(self):
        first, second = self.prepare(), self.prepare()
        ended, kept = self.hang(trashed_at=timezone.now() - timedelta(days=31)), self.hang()
        answer = self.answered(self.ask(first, second, ended, kept))
        assert answer == {
            "message": "2 images restored.",
            "changed": self.ids(first, second),
            "collection": None,
        }
        assert Counter(Image.objects.kept()) == Counter([first, second, kept])


class TestDelete(Changing, SelectionTestCase):
    name, more, expected = "delete_selection", {"sure": "1"}, "permanently deleted."

    def prepare(self, **fields):
        return self.hang(trashed_at=timezone.now(), **fields)

    def test_it_asks_once_more(self):
        image = self.prepare()
        page = self.client.post(self.url, {"id": str(image.id)})
        self.assertContains(page, "Permanently delete 1\N{NO-BREAK SPACE}image?")
        self.assertContains(page, f'name="ids" value="{image.id}"')
        assert Image.objects.present().count() == 1

    def test_it_ends_trashed_pictures_and_never_kept_ones(self):
        doomed, kept = self.prepare(), self.hang()
        storage.save(doomed.key, b"png", content_type="image/png")
        answer = self.answered(self.ask(doomed, kept, sure="1"))
        assert answer == {
            "message": "1 image permanently deleted.",
            "changed": self.ids(doomed),
            "collection": None,
        }
        assert list(Image.objects.present()) == [kept]
        cleanup.clean_up()
        with pytest.raises(FileNotFoundError):
            storage.read(doomed.key)

    def test_it_says_when_nothing_of_it_is_left(self):
        response = self.ask(uuid7())
        assert (response.status_code, response.json()["detail"]) == (
            400,
            "These images no longer exist.",
        )


class TestCollect(Shared, SelectionTestCase):
    name = "collect_selection"

    @property
    def more(self):
        return {"collection": str(self.pile.id)}

    def setUp(self):
        super().setUp()
        self.pile = collections.create(user=self.alice, name="Covers")

    def prepare(self, **fields):
        return self.hang(**fields)

    def held(self, pile=None):
        return list((pile or self.pile).images.order_by("id"))

    def test_it_puts_them_into_a_collection_and_tells_which_were_not_in_it(self):
        first, second, bobs = self.hang(), self.hang(), self.hang(user=self.bob)
        collections.add(self.pile, image_ids=[first.id])
        answer = self.answered(self.ask(first, second, bobs, **self.more))
        expected = "1 image added to “Covers”."
        assert answer == {
            "message": expected,
            "changed": self.ids(second),
            "collection": str(self.pile.id),
        }
        assert self.held() == [first, second]

    def test_it_makes_a_new_collection_or_takes_the_one_of_that_name(self):
        first, second = self.hang(), self.hang()
        answer = self.answered(self.ask(first, name="Still  lifes"))
        made = Collection.objects.get(id=answer["collection"])
        assert (made.name, self.held(made)) == ("Still lifes", [first])
        self.answered(self.ask(second, name="still LIFES"))
        assert self.held(made) == [first, second]
        assert Collection.objects.count() == 2

    def test_it_refuses_names_and_collections_that_cannot_be(self):
        image, bobs = self.hang(), collections.create(user=self.bob, name="Bob's")
        for fields, expected in (
            ({"name": "  "}, "Fill in this field."),
            ({"name": "x" * 81}, "At most 80 characters."),
            ({"name": "a\tb\x07"}, "The text contains unsupported characters."),
            ({"collection": str(bobs.id)}, "This collection no longer exists."),
            ({"collection": "x"}, "This collection no longer exists."),
        ):
            with self.subTest(expected):
                response = self.ask(image, **fields)
                assert (response.status_code, response.json()["detail"]) == (400, expected)
        assert (Collection.objects.count(), self.held(bobs), self.held()) == (2, [], [])

    def test_it_asks_which_where_none_is_named(self):
        image = self.hang()
        listed = self.ask(image)
        assert f'name="collection" value="{self.pile.id}"' in flat(listed)
        self.assertNotContains(listed, "<html")
        page = self.client.post(self.url, {"id": str(image.id), "next": "/gallery/?q=tea"})
        self.assertContains(page, "<html")
        self.assertContains(page, f'name="ids" value="{image.id}"')
        self.assertContains(page, 'name="next" value="/gallery/?q=tea"')

    def test_it_is_undone_without_script(self):
        image = self.hang()
        page = self.client.post(self.url, {"id": str(image.id), **self.more}, follow=True)
        undo = f"{reverse('uncollect_selection')}?collection={self.pile.id}"
        self.assertContains(page, f'formaction="{undo}" name="ids" value="{image.id}"')
        self.client.post(undo, {"ids": str(image.id)})
        assert self.held() == []


class TestUncollect(Shared, SelectionTestCase):
    name = "uncollect_selection"

    @property
    def more(self):
        return {"collection": str(self.pile.id)}

    def setUp(self):
        super().setUp()
        self.pile = collections.create(user=self.alice, name="Covers")

    def prepare(self, *, user=None, **fields):
        image = self.hang(user=user, **fields)
        if user is None:
            collections.add(self.pile, image_ids=[image.id])
        return image

    def test_it_takes_them_out_and_leaves_them_in_the_gallery(self):
        first, second, never = self.prepare(), self.prepare(), self.hang()
        answer = self.answered(self.ask(first, never, **self.more))
        expected = "1 image removed from “Covers”."
        assert answer == {
            "message": expected,
            "changed": self.ids(first),
            "collection": str(self.pile.id),
        }
        assert list(self.pile.images.all()) == [second]
        assert Image.objects.kept().count() == 3


class TestPages(GalleryTestCase):
    def test_it_has_a_checkbox_on_each_image_that_works_without_script(self):
        kept, trashed = self.hang("tea"), self.hang("sea", trashed_at=timezone.now())
        for name, image, action in (
            ("gallery", kept, "favorite_selection"),
            ("trash", trashed, "restore_selection"),
        ):
            page = self.client.get(reverse(name), {"plain": ""})
            assert f'name="id" value="{image.id}" form="selection-form"' in flat(page)
            self.assertContains(page, 'data-bytes="1000"')
            assert f'<form id="selection-form" method="post" action="{reverse(action)}"' in flat(
                page
            )
            self.assertContains(page, 'role="toolbar"')
