"""`/api/v1/images/`: list, look at, mark, trash, restore."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone

from generation.gallery import collections
from generation.jobs.live.job_json import image_json
from generation.models import Image, Status
from generation.testing.rows.api import ApiTestCase, make_image, make_job

IMAGES = "/api/v1/images/"


class TestList(ApiTestCase):
    def ids(self, **query: Any) -> list[str]:
        response = self.api.get(IMAGES, query)
        assert response.status_code == 200, response.content
        return [image["id"] for image in response.json()["results"]]

    def test_it_lists_own_kept_pictures_newest_first(self) -> None:
        first, second = make_image(self.alice), make_image(self.alice)
        make_image(self.alice, trashed_at=timezone.now())
        make_image(self.bob)
        body = self.api.get(IMAGES).json()
        assert body == {
            "results": [image_json(second), image_json(first)],
            "next": None,
            "previous": None,
        }

    def test_it_filters(self) -> None:
        hills = make_image(self.alice, favorite=True)
        job = make_job(
            self.alice, status=Status.SUCCEEDED, model="qwen-image", prompt="A cat, 100% tabby"
        )
        cat = make_image(self.alice, job=job)
        gone = make_image(self.alice, trashed_at=timezone.now())
        assert self.ids(favorite="true") == [str(hills.id)]
        assert self.ids(favorite="false") == [str(cat.id)]
        assert self.ids(model="qwen-image") == [str(cat.id)]
        assert self.ids(trashed="true") == [str(gone.id)]
        assert self.ids(trashed="false") == [str(cat.id), str(hills.id)]
        assert self.ids(q="TABBY") == [str(cat.id)]
        assert self.ids(q="100%") == [str(cat.id)]
        assert self.ids(q="%") == []
        assert self.ids(q="_") == []
        assert self.ids(q="  ") == [str(cat.id), str(hills.id)]
        assert self.ids(q="hills", model="qwen-image") == []

    def test_it_filters_by_all_that_a_picture_is(self) -> None:
        source = make_image(self.alice, created_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
        job = make_job(
            self.alice,
            status=Status.SUCCEEDED,
            model="qwen-image-edit",
            source_images=[str(source.id)],
            style="ink",
        )
        made = make_image(self.alice, job=job, width=768, height=1344)
        pile = collections.create(user=self.alice, name="Ink")
        collections.add(pile, image_ids=[made.id])
        for query in (
            {"style": "ink"},
            {"since": "2026-03-02"},
            {"shape": "portrait"},
            {"longest": "1344"},
            {"sourced": "true"},
            {"source": str(source.id)},
            {"collection": str(pile.id)},
            {
                "q": "hill",
                "collection": str(pile.id),
                "source": str(source.id),
                "shape": "portrait",
            },
        ):
            with self.subTest(query):
                assert self.ids(**query) == [str(made.id)]
        for query in (
            {"until": "2026-03-01"},
            {"since": "2026-03-01", "until": "2026-03-01"},
            {"shape": "landscape"},
            {"sourced": "false"},
        ):
            with self.subTest(query):
                assert self.ids(**query) == [str(source.id)]
        assert (
            self.ids(longest="1345")
            == self.ids(source=str(uuid4()))
            == self.ids(shape="square")
            == []
        )
        collections.add(pile, image_ids=[source.id])
        Image.objects.filter(id=source.id).update(trashed_at=timezone.now())
        assert self.ids(collection=pile.id) == [str(made.id)]
        assert self.ids(collection=pile.id, trashed="true") == [str(source.id)]

    def test_it_refuses_filters_that_cannot_be(self) -> None:
        for query, fields in (
            ({"favorite": "maybe"}, {"favorite": "choices"}),
            ({"trashed": "1"}, {"trashed": "choices"}),
            ({"model": "nano"}, {"model": "does_not_exist"}),
            ({"collection": str(uuid4())}, {"collection": "does_not_exist"}),
            ({"collection": "hills"}, {"collection": "invalid"}),
            ({"since": "24.11.2026"}, {"since": "invalid"}),
            ({"until": "2026-11-31"}, {"until": "invalid"}),
            ({"since": "2026-11-24", "until": "2026-11-23"}, {"until": "min_value"}),
            ({"shape": "round"}, {"shape": "choices"}),
            ({"longest": "0"}, {"longest": "invalid"}),
            ({"longest": "100001"}, {"longest": "invalid"}),
            ({"sourced": "yes"}, {"sourced": "choices"}),
            ({"source": "x"}, {"source": "invalid"}),
            ({"q": "a\0b"}, {"q": "control_characters"}),
            ({"q": "x" * 501}, {"q": "max_length"}),
            ({"user": "bob"}, {"user": "unknown_field"}),
        ):
            with self.subTest(query):
                self.assert_problem(self.api.get(IMAGES, query), 400, "invalid", fields=fields)

    def test_it_turns_pages_alike_with_and_without_a_filter(self) -> None:
        ids = [str(make_image(self.alice).id) for _ in range(5)][::-1]
        make_image(self.bob)
        make_image(self.alice, trashed_at=timezone.now())
        for query in ({"limit": 2}, {"limit": 2, "favorite": "false"}):
            pages = [self.api.get(IMAGES, query).json()]
            while pages[-1]["next"]:
                pages.append(self.api.get(pages[-1]["next"]).json())
            shown = [[image["id"] for image in page["results"]] for page in pages]
            assert shown == [ids[:2], ids[2:4], ids[4:]]
            back = self.api.get(pages[2]["previous"]).json()
            assert [image["id"] for image in back["results"]] == ids[2:4]
            assert self.api.get(back["previous"]).json() == pages[0]


class TestDetail(ApiTestCase):
    def test_it_shows_an_own_picture_also_from_the_trash(self) -> None:
        kept, gone = make_image(self.alice), make_image(self.alice, trashed_at=timezone.now())
        assert self.api.get(f"{IMAGES}{kept.id}/").json() == image_json(kept)
        assert self.api.get(f"{IMAGES}{gone.id}/").json()["trashed_at"]


class TestChange(ApiTestCase):
    def test_it_marks_favorites(self) -> None:
        path = f"{IMAGES}{make_image(self.alice).id}/"
        for favorite in (True, True, False):
            response = self.api.patch(path, {"favorite": favorite})
            assert response.status_code == 200
            assert response.json()["favorite"] is favorite
            assert Image.objects.get().favorite is favorite

    def test_it_refuses_all_else_and_changes_nothing(self) -> None:
        image = make_image(self.alice)
        for body, fields in (
            ({"favorite": "true"}, {"favorite": "invalid"}),
            ({"favorite": 1}, {"favorite": "invalid"}),
            ({"favorite": None}, {"favorite": "invalid"}),
            ({"favorite": True, "visibility": "friends"}, {"visibility": "choices"}),
            ({"favorite": True, "seed": 1}, {"seed": "unknown_field"}),
            ({"favorite": True, "trashed_at": None}, {"trashed_at": "unknown_field"}),
        ):
            with self.subTest(body):
                response = self.api.patch(f"{IMAGES}{image.id}/", body)
                self.assert_problem(response, 400, "invalid", fields=fields)
        self.assert_problem(self.api.patch(f"{IMAGES}{image.id}/", b"[]"), 400, "malformed")
        assert image_json(Image.objects.get()) == image_json(image)


class TestTrash(ApiTestCase):
    def test_it_moves_to_the_trash_and_back(self) -> None:
        path = f"{IMAGES}{make_image(self.alice).id}/"
        response = self.api.delete(path)
        assert (response.status_code, response.content) == (204, b"")
        trashed_at = self.api.get(path).json()["trashed_at"]
        assert trashed_at
        assert self.api.delete(path).status_code == 204
        assert self.api.get(path).json()["trashed_at"] == trashed_at
        response = self.api.post(f"{path}restore/")
        assert response.status_code == 200
        assert response.json()["trashed_at"] is None
        assert self.api.get(path).json()["trashed_at"] is None
