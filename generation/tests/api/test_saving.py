"""POST /api/v1/images/: a copy of a shared image."""

from generation.gallery import collections
from generation.gallery.sharing import collection_share_links, share_links
from generation.models import Image
from generation.testing.rows.api import ApiTestCase, make_image
from generation.testing.rows.saving import with_files

PATH = "/api/v1/images/"


class TestSavingApi(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = with_files(make_image(self.bob))

    def share(self, **options: bool) -> str:
        options = {"with_parameters": False, "with_name": False, **options}
        return share_links.share_by_link(self.image, until=None, **options).link_slug or ""

    def test_it_saves_once(self) -> None:
        body = {"share": self.share()}
        first, second = self.api.post(PATH, body), self.api.post(PATH, body)
        assert (first.status_code, second.status_code) == (201, 200)
        saved = first.json()
        assert second.json()["id"] == saved["id"]
        assert (saved["job"], saved["seed"], saved["saved_from"]) == (None, None, {"author": ""})
        assert first["Location"] == f"{PATH}{saved['id']}/"
        assert self.api.get(first["Location"]).json() == saved
        assert self.api.get(PATH).json()["results"] == [saved]

    def test_it_names_the_author_and_has_the_seed_if_the_page_does(self) -> None:
        self.bob.name = "Bob B."
        self.bob.save(update_fields=["name"])
        slug = self.share(with_parameters=True, with_name=True)
        saved = self.api.post(PATH, {"share": slug}).json()
        assert (saved["seed"], saved["saved_from"]) == (7, {"author": "Bob B."})
        assert self.api.get(PATH).json()["results"] == [saved]
        assert self.api.get(PATH, {"model": "flux-dev"}).json()["results"] == [saved]

    def test_it_saves_from_a_shared_collection(self) -> None:
        collection = collections.create(user=self.bob, name="Hills")
        collections.add(collection, image_ids=[self.image.id])
        slug = collection_share_links.share(
            collection, until=None, with_parameters=False, with_name=False
        ).link_slug
        item = collection.members.get().pk
        assert self.api.post(PATH, {"share": slug, "item": item}).status_code == 201
        for body in ({"share": slug}, {"share": slug, "item": item + 1}):
            self.assert_problem(self.api.post(PATH, body), 404, "not_shared")

    def test_it_refuses_what_is_not_shared_and_what_is_no_secret(self) -> None:
        slug = self.share()
        share_links.stop_link(self.image)
        self.assert_problem(self.api.post(PATH, {"share": slug}), 404, "not_shared")
        for share in ("", "a/b", "a\0", "a" * 101, "é", 5, None, [slug]):
            with self.subTest(share):
                self.assert_problem(self.api.post(PATH, {"share": share}), 400, "invalid")
        for item in (0, -1, True, "1", 2**70):
            with self.subTest(item):
                body = {"share": slug, "item": item}
                self.assert_problem(self.api.post(PATH, body), 400, "invalid")
        self.assert_problem(self.api.post(PATH, {}), 400, "invalid")
        assert not Image.objects.of(self.alice).exists()
