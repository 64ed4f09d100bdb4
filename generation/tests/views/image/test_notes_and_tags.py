"""Note and tags on /images/ID/, with and without script; their filter and search in the gallery."""

import io
from typing import Any
from zipfile import ZipFile

from django.urls import reverse

from generation.files import storage
from generation.gallery import notes, tagging
from generation.models import Image, tag_names
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image
from generation.testing.rows.gallery import SCRIPT, GalleryTestCase
from generation.testing.rows.image_files import png


class NotesTestCase(GalleryTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = make_image(self.alice)
        self.page = reverse("image", args=[self.image.id])

    def send(self, name: str, *, script: bool = False, **fields: str) -> Any:
        url = reverse(name, args=[self.image.id])
        return self.client.post(url, fields, headers=SCRIPT if script else {})

    def stored(self) -> tuple[str, list[str]]:
        image = Image.objects.get(id=self.image.id)
        return image.note, tag_names(image)


class TestNote(NotesTestCase):
    def test_it_is_saved_and_shown(self) -> None:
        response = self.send("save_note", note="For <b>the wall</b>,\r\nA2", before="")
        self.assertRedirects(response, self.page, fetch_redirect_response=False)
        assert self.stored()[0] == "For <b>the wall</b>,\nA2"
        page = self.client.get(self.page)
        self.assertContains(page, "For &lt;b&gt;the wall&lt;/b&gt;,\nA2</textarea>")
        self.assertContains(page, "Note saved.")
        self.send("save_note", note=" ", before="For <b>the wall</b>,\r\nA2")
        assert self.stored()[0] == ""
        self.assertContains(self.client.get(self.page), "Note removed.")

    def test_it_loses_no_text_where_it_is_refused(self) -> None:
        for text, reason in (
            ("long " * 500, "At most 2,000 characters."),
            ("a\x07b kept", "Control characters are not allowed."),
        ):
            for script in (False, True):
                with self.subTest(reason, script=script):
                    response = self.send("save_note", script=script, note=text, before="")
                    assert response.status_code == 400
                    self.assertContains(response, reason, status_code=400)
                    # The page's script keeps the field as it is.
                    assert (text.strip()[-20:] in response.content.decode()) is not script
        assert self.stored()[0] == ""

    def test_it_does_not_replace_a_note_of_another_tab_unseen(self) -> None:
        notes.write(self.image, note="of another tab")
        response = self.send("save_note", note="mine", before="")
        self.assertContains(response, "changed in another tab", status_code=409)
        self.assertContains(response, "mine</textarea>", status_code=409)
        self.assertContains(response, 'value="of another tab"', status_code=409)
        part = self.send("save_note", script=True, note="mine", before="")
        self.assertContains(part, 'value="of another tab"', status_code=409)
        self.send("save_note", note="mine", before="of another tab")
        assert self.stored()[0] == "mine"


class TestTags(NotesTestCase):
    def test_they_are_added_and_removed_with_undo(self) -> None:
        self.send("add_tags", tags=" print, #Море,,print")
        assert self.stored()[1] == ["print", "Море"]
        page = self.client.get(self.page)
        self.assertContains(page, "2 tags added.")
        self.assertContains(page, "/gallery/?tag=%D0%9C%D0%BE%D1%80%D0%B5")
        self.send("remove_tag", tag="МОРЕ")
        assert self.stored()[1] == ["print"]
        page = flat(self.client.get(self.page))
        assert (
            f'formaction="{reverse("add_tags", args=[self.image.id])}" name="tags" value="Море"'
            in (page)
        )

    def test_they_are_parts_for_the_script(self) -> None:
        part = self.send("add_tags", script=True, tags="print,a&b")
        self.assertContains(part, 'data-changed="print,a&amp;b"')
        self.assertNotContains(part, "<html")
        part = self.send("remove_tag", script=True, tag="a&b")
        self.assertContains(part, 'data-changed="a&amp;b"')
        self.assertContains(self.send("remove_tag", script=True, tag="a&b"), 'data-changed=""')

    def test_they_lose_no_text_where_they_are_refused(self) -> None:
        tagging.add(self.image, names=[str(number) for number in range(20)])
        for text, reason in (
            ("", "Enter a tag."),
            ("x" * 41, "at most 40 characters"),
            ("one more", "up to 20 tags"),
            ("a\x07b", "unsupported characters"),
        ):
            for script in (False, True):
                with self.subTest(reason, script=script):
                    response = self.send("add_tags", script=script, tags=text)
                    self.assertContains(response, reason, status_code=400)
                    self.assertContains(response, f'value="{text}"', status_code=400)
        self.assertContains(self.send("remove_tag", tag=""), "Enter a tag.", status_code=400)
        assert len(self.stored()[1]) == 20


class TestPrivacy(NotesTestCase):
    def test_downloads_have_neither_note_nor_tags(self) -> None:
        notes.write(self.image, note="vqznote")
        tagging.add(self.image, names=["vqztag"])
        storage.save(self.image.key, png(), content_type="image/png")
        archive = self.client.post(
            reverse("download_selection"), {"ids": str(self.image.id), "as": "original"}
        )
        packed = ZipFile(io.BytesIO(b"".join(archive.streaming_content)))  # type: ignore[arg-type]
        contents = b"".join(packed.read(name) for name in packed.namelist())
        bare = self.client.get(f"{reverse('download_image', args=[self.image.id])}?as=bare").content
        assert contents
        assert bare
        everything = contents + bare + str(packed.namelist()).encode()
        # Three letters would be found among random bytes, sooner or later.
        assert [word for word in (b"vqznote", b"vqztag") if word in everything] == []


class TestGallery(NotesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.other = make_image(self.alice)
        tagging.add(self.image, names=["Чай", "print"])

    def shown(self, query: str) -> set[str]:
        page = self.client.get(f"/gallery/?{query}").content.decode()
        return {
            str(image.id)
            for image in (self.image, self.other)
            if f'href="/images/{image.id}/"' in page
        }

    def test_it_filters_by_tag_and_finds_notes(self) -> None:
        notes.write(self.other, note="печать на холсте")
        assert self.shown("tag=чай") == {str(self.image.id)}
        assert self.shown("q=холст") == {str(self.other.id)}
        assert self.shown("q=чай") == {str(self.image.id)}
        assert self.shown("tag=чай&q=холст") == self.shown("tag=unknown") == set()
        page = self.client.get("/gallery/?tag=print&favorite=1")
        self.assertContains(page, 'href="/gallery/?favorite=1"')  # the chip removes the filter
        self.assertContains(page, "No images match these filters.")
        self.assertContains(
            self.client.get("/gallery/?tag=%00"), f'href="/images/{self.image.id}/"'
        )

    def test_it_filters_by_several_tags_and_removes_each(self) -> None:
        tagging.add(self.other, names=["print", "a&b"])
        assert self.shown("tag=print") == {str(self.image.id), str(self.other.id)}
        assert (
            self.shown("tag=print,чай") == self.shown("tag=print&tag=Чай") == {str(self.image.id)}
        )
        assert self.shown("tag=print&tag=чай,a%26b") == set()
        page = self.client.get("/gallery/?tag=print,%20PRINT&tag=a%26b&sort=oldest")
        self.assertContains(page, 'name="tag" value="print,a&amp;b"')  # kept by the other filters
        for chip in ("?tag=a%26b&amp;sort=oldest", "?tag=print&amp;sort=oldest"):
            self.assertContains(page, f'href="/gallery/{chip}"')
        self.assertContains(page, 'data-loaded-from="/gallery/tags/?tag=print%2Ca%26b"')

    def test_its_menu_leaves_out_chosen_tags_and_has_a_field_for_many(self) -> None:
        def menu(query: str = "") -> str:
            return flat(self.client.get(f"{reverse('tags')}?{query}", headers=SCRIPT))

        assert 'value="Чай"' in menu()
        assert 'value="Чай"' not in menu("tag=чай")
        assert "All your tags are chosen." in menu("tag=ЧАЙ,print")
        assert "data-menu-field" not in menu()
        tagging.add(self.other, names=[f"tag {number}" for number in range(7)])
        assert "data-menu-field" in menu()
        assert "data-menu-field" not in menu("tag=print")

    def test_it_lists_own_tags_with_counts(self) -> None:
        tagging.add(self.other, names=["print"])
        page = flat(self.client.get(reverse("tags")))
        assert 'href="/gallery/?tag=print"' in page
        part = self.client.get(reverse("tags"), headers=SCRIPT)
        self.assertContains(part, 'name="tag" value="print"')
        self.assertContains(part, '<span class="sidebar-count">2</span>')
        self.client.force_login(self.bob)
        self.assertContains(self.client.get(reverse("tags")), "No tags yet.")
