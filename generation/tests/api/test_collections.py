"""`/api/v1/collections/`: list, make, name, delete, fill and empty."""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from generation.gallery import collections
from generation.models import Collection, CollectionImage
from generation.testing.rows.api import ApiTestCase, make_image

COLLECTIONS = "/api/v1/collections/"


class TestCollections(ApiTestCase):
    def test_it_makes_and_lists_own_ones_by_name(self) -> None:
        collections.create(user=self.bob, name="Bob's")
        made = [self.api.post(COLLECTIONS, {"name": name}) for name in ("sea", "  Hills ")]
        assert [one.status_code for one in made] == [201, 201]
        assert self.api.get(COLLECTIONS).json() == [made[1].json(), made[0].json()]
        body = made[1].json()
        assert set(body) == {"id", "name", "count", "count_is_more", "cover_url", "created_at"}
        assert (body["name"], body["count"], body["count_is_more"], body["cover_url"]) == (
            "Hills",
            0,
            False,
            None,
        )

    def test_it_refuses_names_that_cannot_be_and_makes_nothing(self) -> None:
        self.api.post(COLLECTIONS, {"name": "Hills"})
        for body, fields in (
            ({}, {"name": "required"}),
            ({"name": " "}, {"name": "blank"}),
            ({"name": 7}, {"name": "invalid"}),
            ({"name": "x" * 81}, {"name": "max_length"}),
            ({"name": "a\u202eb"}, {"name": "control_characters"}),
            ({"name": "HILLS"}, {"name": "unique"}),
            ({"name": "Sea", "color": "blue"}, {"color": "unknown_field"}),
        ):
            with self.subTest(body):
                self.assert_problem(self.api.post(COLLECTIONS, body), 400, "invalid", fields=fields)
        assert Collection.objects.count() == 1


class TestCollection(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.pile = collections.create(user=self.alice, name="Hills")
        self.path = f"{COLLECTIONS}{self.pile.id}/"
        self.image = make_image(self.alice)

    def test_it_renames_and_deletes(self) -> None:
        assert self.api.patch(self.path, {"name": "hills"}).json()["name"] == "hills"
        assert self.api.patch(self.path, {}).json()["name"] == "hills"
        self.api.post(f"{self.path}images/", {"images": [str(self.image.id)]})
        assert self.api.delete(self.path).status_code == 204
        self.assert_problem(self.api.get(self.path), 404, "not_found")
        self.image.refresh_from_db()
        assert self.image.trashed_at is None

    def test_it_takes_pictures_in_and_out_again_and_again(self) -> None:
        ids = {"images": [str(self.image.id)]}
        for _time in range(2):
            body = self.api.post(f"{self.path}images/", ids).json()
            assert body["count"] == 1
            assert self.image.thumbnail_key in body["cover_url"]
        other = collections.create(user=self.alice, name="Sea")
        collections.add(other, image_ids=[self.image.id])
        for _time in range(2):
            assert self.api.post(f"{self.path}images/remove/", ids).json()["count"] == 0
        assert list(other.images.all()) == [self.image]
        collections.remove(other, image_ids=[self.image.id])
        collections.add(self.pile, image_ids=[self.image.id])
        for _time in range(2):
            assert self.api.delete(f"{self.path}images/{self.image.id}/").status_code == 204
        assert not CollectionImage.objects.exists()

    def test_it_takes_all_or_nothing(self) -> None:
        bobs = make_image(self.bob)
        ended = make_image(
            self.alice, trashed_at=timezone.now() - timedelta(days=settings.TRASH_DAYS, seconds=1)
        )
        for images, fields in (
            ([str(self.image.id), str(bobs.id)], {"images": "does_not_exist"}),
            ([str(self.image.id), str(uuid4())], {"images": "does_not_exist"}),
            ([str(self.image.id), str(ended.id)], {"images": "does_not_exist"}),
            ([str(self.image.id), "x"], {"images[1]": "invalid"}),
            ([], {"images": "min_length"}),
            ([str(self.image.id)] * 501, {"images": "max_length"}),
            ("x", {"images": "invalid"}),
        ):
            with self.subTest(images):
                answer = self.api.post(f"{self.path}images/", {"images": images})
                self.assert_problem(answer, 400, "invalid", fields=fields)
        assert not CollectionImage.objects.exists()


class TestShare(ApiTestCase):
    def test_it_makes_changes_and_stops_the_link(self) -> None:
        collection = collections.create(user=self.alice, name="Hills")
        path = f"/api/v1/collections/{collection.id}/share/"
        assert self.api.get(path).json() == {
            "url": None,
            "expires_at": None,
            "with_parameters": False,
            "with_name": False,
        }
        made = self.api.post(path, {"expires_in_days": 7, "with_parameters": True})
        assert made.status_code == 201
        assert made.json()["with_parameters"] is True
        changed = self.api.post(path, {})
        assert (changed.status_code, changed.json()["url"]) == (200, made.json()["url"])
        assert changed.json()["expires_at"] is None
        assert self.client.get(made.json()["url"]).status_code == 200
        assert self.api.post(path, {"new": True}).status_code == 201
        assert self.client.get(made.json()["url"]).status_code == 404
        assert self.api.delete(path).status_code == 204
        assert self.api.get(path).json()["url"] is None
        self.assert_problem(self.others.get(path), 404, "not_found")
        self.assert_problem(self.api.post(path, {"expires_in_days": 2}), 400, "invalid")
