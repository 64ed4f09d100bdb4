"""/gallery/selection/…: many pictures at once, own ones alone, with and without script."""

import hashlib
import io
import json
from datetime import timedelta
from zipfile import ZipFile

from asgiref.sync import sync_to_async
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow
from uuid_utils.compat import uuid7

from generation import archive, collections, housekeeping, slots, storage
from generation.models import Collection, Image
from generation.tests.test_gallery_page import SCRIPT, GalleryTestCase
from generation.views.sending import ArchiveResponse

QUERIES = 5  # user, savepoint, lock, update, savepoint


def png(color, size=(64, 48)):
    file = io.BytesIO()
    Pillow.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


class SelectionTestCase(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse(self.name)
        self.addCleanup(storage_of_slots_is_free, self)

    def ask(self, *images, headers=SCRIPT, **fields):
        ids = ",".join(str(getattr(image, "id", image)) for image in images)
        return self.client.post(self.url, {"ids": ids, **fields}, headers=headers)

    def answered(self, response):
        self.assertEqual(response.status_code, 200, response.content)
        return response.json()

    def hang_with_file(self, prompt="a lighthouse", *, color="red", **fields):
        data = png(color)
        image = self.hang(prompt, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), **fields)
        storage.save(image.key, data, content_type="image/png")
        return image


def storage_of_slots_is_free(test):
    """Every test leaves all slots free: what one forgot would block the next."""
    taken = [slots.take(user) for user in (test.alice, test.bob)]
    for slot in taken:
        slot.release()


def go_away(response):
    """Close the response as a server does whose client is gone; the connection to the database is the test's."""
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


class Shared:
    """What all actions on a selection refuse."""

    def test_it_refuses_what_cannot_be_a_selection_and_changes_nothing(self):
        image = self.prepare()
        before = list(Image.objects.order_by("id").values())
        many = [uuid7() for _n in range(1001)]
        for ids, told in ((["x"], "no picture"), ([], "Nothing is selected"), (many, "At most 1,000")):
            with self.subTest(told):
                response = self.ask(*ids, **self.more)
                self.assertEqual(response.status_code, 400)
                self.assertIn(told, response.json()["detail"])
        page = self.client.post(self.url, {"id": "x", "next": "/gallery/?q=tea"}, follow=True)
        self.assertEqual(page.redirect_chain[0][0], "/gallery/?q=tea")
        self.assertContains(page, "is no picture. Reload the page and select again.")
        self.assertEqual(list(Image.objects.order_by("id").values()), before)
        self.assertTrue(Image.objects.filter(id=image.id).exists())

    def test_it_refuses_strangers_and_other_methods(self):
        image = self.prepare()
        before = list(Image.objects.order_by("id").values())
        self.assertEqual(self.client.get(self.url).status_code, 405)
        self.client.logout()
        self.assertRedirects(self.ask(image, **self.more), f"/accounts/login/?next={self.url}")
        self.assertEqual(list(Image.objects.order_by("id").values()), before)

    def test_it_passes_over_pictures_of_others(self):
        mine, bobs = self.prepare(), self.prepare(user=self.bob)
        before = Image.objects.filter(id=bobs.id).values().get()
        self.ask(mine, bobs, uuid7(), **self.more)
        self.assertEqual(Image.objects.filter(id=bobs.id).values().get(), before)


class Changing(Shared):
    def test_it_asks_the_database_no_more_for_more_pictures(self):
        images = [self.prepare() for _n in range(3)]
        with self.assertNumQueries(QUERIES):
            self.ask(images[0], **self.more)
        with self.assertNumQueries(QUERIES):
            self.ask(*images, **self.more)

    def test_it_goes_back_without_script_and_says_how_many(self):
        images = [self.prepare() for _n in range(2)]
        fields = {"id": [str(image.id) for image in images], "next": "/gallery/?q=light", **self.more}
        response = self.client.post(self.url, fields, follow=True)
        self.assertEqual(response.redirect_chain[0][0], "/gallery/?q=light")
        self.assertContains(response, f"2 pictures {self.told}")

    def test_it_leads_to_no_other_site(self):
        response = self.client.post(self.url, {"id": str(self.prepare().id), "next": "https://evil.org/", **self.more})
        self.assertRedirects(response, "/gallery/")


class Favorite(Changing, SelectionTestCase):
    name, more, told = "favorite_selection", {"favorite": "1"}, "added to favorites."

    def prepare(self, **fields):
        return self.hang(**fields)

    def test_it_marks_and_unmarks_and_tells_what_changed(self):
        plain, marked, trashed = self.hang(), self.hang(favorite=True), self.hang(trashed_at=timezone.now())
        answer = self.answered(self.ask(plain, marked, trashed, favorite="1"))
        self.assertEqual(
            answer, {"told": "1 picture added to favorites.", "changed": [str(plain.id)], "collection": None}
        )
        self.assertCountEqual(Image.objects.filter(favorite=True), [plain, marked])
        answer = self.answered(self.ask(plain, marked, favorite="0"))
        self.assertEqual(answer["changed"], [str(plain.id), str(marked.id)])
        self.assertFalse(Image.objects.filter(favorite=True).exists())


class Trash(Changing, SelectionTestCase):
    name, more, told = "trash_selection", {}, "moved to the trash."

    def prepare(self, **fields):
        return self.hang(**fields)

    def test_it_moves_all_to_the_trash_and_keeps_the_first_date(self):
        before = timezone.now() - timedelta(days=3)
        first, second, old = self.hang(), self.hang(), self.hang(trashed_at=before)
        answer = self.answered(self.ask(first, second, old))
        self.assertEqual(
            answer, {"told": "2 pictures moved to the trash.", "changed": self.ids(first, second), "collection": None}
        )
        self.assertEqual(Image.objects.trashed().count(), 3)
        self.assertEqual(Image.objects.get(id=old.id).trashed_at, before)

    def test_it_offers_one_undo_for_all_without_script(self):
        images = [self.hang(), self.hang()]
        page = self.client.post(self.url, {"id": self.ids(*images)}, follow=True)
        self.assertContains(
            page, f'formaction="{reverse("restore_selection")}" name="ids" value="{images[0].id},{images[1].id}"'
        )
        self.client.post(reverse("restore_selection"), {"ids": ",".join(self.ids(*images))})
        self.assertEqual(Image.objects.kept().count(), 2)


class Restore(Changing, SelectionTestCase):
    name, more, told = "restore_selection", {}, "are back."

    def prepare(self, **fields):
        return self.hang(trashed_at=timezone.now(), **fields)

    def test_it_restores_own_pictures_but_none_that_have_ended(self):
        first, second = self.prepare(), self.prepare()
        ended, kept = self.hang(trashed_at=timezone.now() - timedelta(days=31)), self.hang()
        answer = self.answered(self.ask(first, second, ended, kept))
        self.assertEqual(
            answer, {"told": "2 pictures are back.", "changed": self.ids(first, second), "collection": None}
        )
        self.assertCountEqual(Image.objects.kept(), [first, second, kept])


class Delete(Changing, SelectionTestCase):
    name, more, told = "delete_selection", {"sure": "1"}, "deleted for good."

    def prepare(self, **fields):
        return self.hang(trashed_at=timezone.now(), **fields)

    def test_it_asks_once_more(self):
        image = self.prepare()
        page = self.client.post(self.url, {"id": str(image.id)})
        self.assertContains(page, "Delete 1\N{NO-BREAK SPACE}picture for good?")
        self.assertContains(page, f'name="ids" value="{image.id}"')
        self.assertEqual(Image.objects.present().count(), 1)

    def test_it_ends_trashed_pictures_and_never_kept_ones(self):
        doomed, kept = self.prepare(), self.hang()
        storage.save(doomed.key, b"png", content_type="image/png")
        answer = self.answered(self.ask(doomed, kept, sure="1"))
        self.assertEqual(
            answer, {"told": "1 picture deleted for good.", "changed": self.ids(doomed), "collection": None}
        )
        self.assertEqual(list(Image.objects.present()), [kept])
        housekeeping.clean_up()
        with self.assertRaises(FileNotFoundError):
            storage.read(doomed.key)

    def test_it_says_when_nothing_of_it_is_left(self):
        response = self.ask(uuid7())
        self.assertEqual((response.status_code, response.json()["detail"]), (400, "These pictures are gone."))


class Collect(Shared, SelectionTestCase):
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
        told = "1 picture added to “Covers”."
        self.assertEqual(answer, {"told": told, "changed": self.ids(second), "collection": str(self.pile.id)})
        self.assertEqual(self.held(), [first, second])

    def test_it_makes_a_new_collection_or_takes_the_one_of_that_name(self):
        first, second = self.hang(), self.hang()
        answer = self.answered(self.ask(first, name="Still  lifes"))
        made = Collection.objects.get(id=answer["collection"])
        self.assertEqual((made.name, self.held(made)), ("Still lifes", [first]))
        self.answered(self.ask(second, name="still LIFES"))
        self.assertEqual(self.held(made), [first, second])
        self.assertEqual(Collection.objects.count(), 2)

    def test_it_refuses_names_and_collections_that_cannot_be(self):
        image, bobs = self.hang(), collections.create(user=self.bob, name="Bob's")
        for fields, told in (
            ({"name": "  "}, "Give the new collection a name."),
            ({"name": "x" * 81}, "A name has at most 80 characters."),
            ({"name": "a\tb\x07"}, "Control characters are not allowed."),
            ({"collection": str(bobs.id)}, "There is no such collection any more."),
            ({"collection": "x"}, "There is no such collection any more."),
        ):
            with self.subTest(told):
                response = self.ask(image, **fields)
                self.assertEqual((response.status_code, response.json()["detail"]), (400, told))
        self.assertEqual((Collection.objects.count(), self.held(bobs), self.held()), (2, [], []))

    def test_it_asks_which_where_none_is_named(self):
        image = self.hang()
        listed = self.ask(image)
        self.assertContains(listed, f'name="collection" value="{self.pile.id}"')
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
        self.assertEqual(self.held(), [])


class Uncollect(Shared, SelectionTestCase):
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
        told = "1 picture taken out of “Covers”."
        self.assertEqual(answer, {"told": told, "changed": self.ids(first), "collection": str(self.pile.id)})
        self.assertEqual(list(self.pile.images.all()), [second])
        self.assertEqual(Image.objects.kept().count(), 3)

    def test_it_touches_no_collection_of_others(self):
        bobs = collections.create(user=self.bob, name="Bob's")
        theirs = self.hang(user=self.bob)
        collections.add(bobs, image_ids=[theirs.id])
        self.assertEqual(self.ask(theirs, collection=bobs.id).status_code, 400)
        self.assertEqual(self.ask(theirs).status_code, 400)
        self.assertEqual(list(bobs.images.all()), [theirs])


class Download(Shared, SelectionTestCase):
    name, more = "download_selection", {}

    def prepare(self, **fields):
        return self.hang_with_file(**fields)

    def zipped(self, response):
        self.assertEqual(response.status_code, 200, getattr(response, "content", ""))
        return ZipFile(io.BytesIO(b"".join(response.streaming_content)))

    def test_it_sends_the_files_as_they_are_with_their_parameters(self):
        tea, sea = self.hang_with_file("Чайные холмы, туман", color="green"), self.hang_with_file("Sea", color="blue")
        bobs = self.hang_with_file(user=self.bob)
        response = self.ask(tea, sea, bobs, headers={})
        self.assertEqual(response["Content-Type"], "application/zip")
        day = timezone.localdate()
        self.assertEqual(response["Content-Disposition"], f'attachment; filename="artgen-{day:%Y-%m-%d}-2.zip"')
        self.assertEqual(response["X-Accel-Buffering"], "no")
        self.assertNotIn("Content-Length", response)
        archive = self.zipped(response)
        self.assertIsNone(archive.testzip())
        self.assertEqual(archive.namelist(), ["sea-7.png", "чайные-холмы-туман-7.png", "parameters.json"])
        self.assertEqual(hashlib.sha256(archive.read("sea-7.png")).hexdigest(), sea.sha256)
        self.assertEqual(hashlib.sha256(archive.read("чайные-холмы-туман-7.png")).hexdigest(), tea.sha256)
        parameters = json.loads(archive.read("parameters.json"))
        self.assertEqual([entry["prompt"] for entry in parameters], ["Sea", "Чайные холмы, туман"])

    def test_it_sends_webp_where_that_is_asked_for(self):
        image = self.hang_with_file("Sea")
        archive = self.zipped(self.ask(image, headers={}, **{"as": "webp"}))
        self.assertEqual(archive.namelist(), ["sea-7.webp", "parameters.json"])
        with Pillow.open(archive.open("sea-7.webp")) as opened:
            self.assertEqual((opened.format, opened.size), ("WEBP", (64, 48)))

    def test_it_takes_ticked_boxes_without_script(self):
        images = [self.hang_with_file(), self.hang_with_file()]
        archive = self.zipped(self.client.post(self.url, {"id": self.ids(*images), "as": "original"}))
        self.assertEqual(archive.namelist(), ["a-lighthouse-7.png", "a-lighthouse-7-2.png", "parameters.json"])

    def test_it_tells_the_script_whether_a_download_can_begin(self):
        image = self.hang_with_file()
        self.assertEqual(self.ask(image).status_code, 204)
        response = self.ask(uuid7())
        self.assertEqual((response.status_code, response.json()["detail"]), (400, "These pictures are gone."))

    def test_it_packs_one_archive_of_a_user_at_a_time(self):
        image = self.hang_with_file()
        first = self.ask(image, headers={})
        second, asked = self.ask(image, headers={}), self.ask(image)
        self.assertEqual((second.status_code, second["Retry-After"]), (429, "15"))
        self.assertEqual((asked.status_code, asked["Retry-After"]), (429, "15"))
        self.assertIn("still on its way", asked.json()["detail"])
        self.client.force_login(self.bob)
        self.zipped(self.ask(self.hang_with_file(user=self.bob), headers={}))
        self.client.force_login(self.alice)
        self.zipped(first)
        self.zipped(self.ask(image, headers={}))

    def test_it_is_free_again_when_the_browser_goes_away_before_or_amid_it(self):
        image = self.hang_with_file()
        go_away(self.ask(image, headers={}))
        pieces = archive.pack([image])
        begun = ArchiveResponse(RequestFactory().post("/"), pieces, slot=slots.take(self.alice), name="a.zip")
        next(iter(begun))
        go_away(begun)
        with self.assertRaises(StopIteration):
            next(pieces)
        self.zipped(self.ask(image, headers={}))

    async def test_it_sends_piece_by_piece_under_an_asgi_server_too(self):
        images = [await sync_to_async(self.hang_with_file)() for _n in range(2)]
        await self.async_client.aforce_login(self.alice)
        response = await self.async_client.post(self.url, {"ids": ",".join(self.ids(*images))})
        self.assertTrue(response.is_async)
        pieces = [piece async for piece in response.streaming_content]
        self.assertGreater(len(pieces), 2)
        self.assertEqual(len(ZipFile(io.BytesIO(b"".join(pieces))).namelist()), 3)
        self.assertTrue(await sync_to_async(slots.is_free)(self.alice))

    def test_it_leaves_threads_for_pages(self):
        taken = [slots.take(self.make_user(f"{n}@example.org", credits=0)) for n in range(2)]
        response = self.ask(self.hang_with_file(), headers={})
        self.assertEqual((response.status_code, response["Retry-After"]), (429, "15"))
        for slot in taken:
            slot.release()
        self.zipped(self.ask(self.hang_with_file(), headers={}))

    def test_it_refuses_a_format_that_there_is_not(self):
        image = self.hang_with_file()
        self.assertEqual(self.ask(image, **{"as": "bmp"}).status_code, 400)


class Pages(GalleryTestCase):
    def test_they_have_a_tick_on_each_picture_that_works_without_script(self):
        kept, trashed = self.hang("tea"), self.hang("sea", trashed_at=timezone.now())
        for name, image, action in (("gallery", kept, "favorite_selection"), ("trash", trashed, "restore_selection")):
            page = self.client.get(reverse(name))
            self.assertContains(page, f'name="id" value="{image.id}" form="selection-form" data-bytes="1000"')
            self.assertContains(page, f'<form id="selection-form" method="post" action="{reverse(action)}"')
            self.assertContains(page, 'role="toolbar"')
