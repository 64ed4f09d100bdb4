"""/gallery/selection/tag/ and /untag/: a tag of many images, with and without script."""

from typing import Any

from django.urls import reverse

from generation.gallery import tagging, tags
from generation.models import Image, tag_names
from generation.testing.rows.api import make_image
from generation.testing.rows.gallery import SCRIPT, GalleryTestCase


class TestTagsOfASelection(GalleryTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.images = [make_image(self.alice) for _ in range(3)]
        self.ids = ",".join(str(image.id) for image in self.images)

    def send(self, name: str, *, script: bool = True, **fields: str) -> Any:
        fields = {"ids": self.ids, **fields}
        return self.client.post(reverse(name), fields, headers=SCRIPT if script else {})

    def stored(self) -> list[list[str]]:
        return [tag_names(Image.objects.get(id=image.id)) for image in self.images]

    def test_it_adds_a_tag_and_undoes_exactly_that(self) -> None:
        tagging.add(self.images[0], names=["Print"])
        answer = self.send("tag_selection", tag="#print").json()
        assert answer["message"] == "Tag “Print” added to 2 images."
        assert answer["tag"] == "Print"
        assert self.stored() == [["Print"]] * 3
        undone = self.send("untag_selection", ids=",".join(answer["changed"]), tag=answer["tag"])
        assert undone.json()["message"] == "Tag “Print” removed from 2 images."
        assert self.stored() == [["Print"], [], []]

    def test_it_offers_undo_without_script(self) -> None:
        response = self.send("tag_selection", script=False, tag="a&b", next="/gallery/?q=tea")
        self.assertRedirects(response, "/gallery/?q=tea", fetch_redirect_response=False)
        page = self.client.get("/gallery/")
        self.assertContains(page, f"{reverse('untag_selection')}?tag=a%26b")
        self.client.post(f"{reverse('untag_selection')}?tag=a%26b", {"ids": self.ids})
        assert self.stored() == [[], [], []]

    def test_it_asks_for_a_tag_and_shows_those_of_the_selection(self) -> None:
        tagging.add_these(
            user=self.alice, ids=[image.id for image in self.images], name="everywhere"
        )
        tagging.add(self.images[0], names=["once"])
        tagging.add(make_image(self.alice), names=["elsewhere"])
        tagging.add(make_image(self.bob), names=["theirs"])
        for script in (True, False):
            with self.subTest(script=script):
                page = self.send("tag_selection", script=script).content.decode()
                to_add, to_remove = page.split("tags-to-remove", 1)
                assert [name in to_add for name in ("everywhere", "once", "elsewhere")] == [
                    False,
                    True,
                    True,
                ]
                assert [name in to_remove for name in ("everywhere", "once", "elsewhere")] == [
                    True,
                    True,
                    False,
                ]
                assert "theirs" not in page

    def test_it_says_which_images_have_no_room(self) -> None:
        tagging.add(self.images[0], names=[str(number) for number in range(tags.MAX_PER_IMAGE)])
        message = self.send("tag_selection", tag="print").json()["message"]
        assert message == "Tag “print” added to 2 images. 1 image already has 20 tags."

    def test_it_refuses_what_is_no_tag(self) -> None:
        for text, reason in (("", "Enter a tag."), ("a, b", "Enter one tag at a time")):
            with self.subTest(text):
                response = self.send("tag_selection", tag=text)
                assert response.status_code == 400
                assert response.json()["detail"].startswith(reason)
        assert self.stored() == [[], [], []]
