"""Notes and tags in `/api/v1/images/` and `/api/v1/tags/`."""

from typing import Any

from django.utils import timezone

from generation.gallery import notes, tagging
from generation.models import Image, Tag
from generation.testing.rows.api import ApiTestCase, make_image

IMAGES = "/api/v1/images/"


class TestImage(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = make_image(self.alice)
        self.path = f"{IMAGES}{self.image.id}/"

    def test_it_has_a_note_and_tags(self) -> None:
        assert self.api.get(self.path).json()["tags"] == []
        body = {"note": "For the wall,\nA2", "tags": [" print", "#Tea", "PRINT"]}
        answer = self.api.patch(self.path, body).json()
        assert (answer["note"], answer["tags"]) == ("For the wall,\nA2", ["print", "Tea"])
        assert self.api.get(self.path).json() == answer
        assert self.api.get(IMAGES).json()["results"] == [answer]
        job = self.api.get(f"/api/v1/jobs/{self.image.job_id}/").json()
        assert job["images"][0]["tags"] == ["print", "Tea"]

    def test_it_changes_only_what_is_given(self) -> None:
        self.api.patch(self.path, {"note": "A2", "tags": ["print"]})
        assert self.api.patch(self.path, {"favorite": True}).json()["note"] == "A2"
        assert self.api.patch(self.path, {"tags": []}).json()["note"] == "A2"
        assert self.api.patch(self.path, {"note": ""}).json()["tags"] == []

    def test_it_can_be_changed_in_the_trash(self) -> None:
        Image.objects.update(trashed_at=timezone.now())
        assert self.api.patch(self.path, {"tags": ["print"]}).json()["tags"] == ["print"]

    def test_it_refuses_invalid_notes_and_tags_and_changes_nothing(self) -> None:
        self.api.patch(self.path, {"note": "A2", "tags": ["print"]})
        before = self.api.get(self.path).json()
        cases: list[tuple[dict[str, Any], dict[str, str]]] = [
            ({"note": "x" * 2001}, {"note": "max_length"}),
            ({"note": "a\x00b"}, {"note": "control_characters"}),
            ({"note": "a\x1bb"}, {"note": "control_characters"}),
            ({"note": "a\ud800b"}, {"note": "control_characters"}),
            ({"note": None}, {"note": "invalid"}),
            ({"note": 5}, {"note": "invalid"}),
            ({"tags": "print"}, {"tags": "invalid"}),
            ({"tags": None}, {"tags": "invalid"}),
            ({"tags": [5]}, {"tags[0]": "invalid"}),
            ({"tags": [""]}, {"tags": "blank"}),
            ({"tags": [" # "]}, {"tags": "blank"}),
            ({"tags": ["a\u202eb"]}, {"tags": "control_characters"}),
            ({"tags": ["a,b"]}, {"tags": "invalid"}),
            ({"tags": ["x" * 41]}, {"tags": "max_length"}),
            ({"tags": ["a\nb", "a\x1bb"]}, {"tags": "control_characters"}),
            ({"tags": [str(n) for n in range(21)]}, {"tags": "max_length"}),
        ]
        for body, fields in cases:
            with self.subTest(str(body)[:60]):
                body |= {"favorite": True, "visibility": "link"}
                self.assert_problem(self.api.patch(self.path, body), 400, "invalid", fields=fields)
        assert self.api.get(self.path).json() == before

    def test_it_refuses_more_different_tags_than_a_user_may_have(self) -> None:
        Tag.objects.bulk_create(
            Tag(user=self.alice, name=str(n), folded_name=str(n)) for n in range(tagging.MAX_TAGS)
        )
        response = self.api.patch(self.path, {"tags": ["one more"]})
        assert self.assert_problem(response, 409, "too_many_tags")["limit"] == tagging.MAX_TAGS


class TestFilter(ApiTestCase):
    def test_it_filters_by_tag_and_searches_notes(self) -> None:
        image, other = make_image(self.alice), make_image(self.alice)
        tagging.add(image, names=["print", "tea"])
        notes.write(other, note="для кухни")

        def ids(**query: str) -> list[str]:
            return [one["id"] for one in self.api.get(IMAGES, query).json()["results"]]

        assert ids(tag="PRINT") == ids(q="print") == [str(image.id)]
        assert ids(tag="tea,PRINT") == ids(tag=" tea , print,") == [str(image.id)]
        assert ids(tag="tea,wall") == ids(tag=",".join(map(str, range(30)))) == []
        assert ids(q="кухня") == [str(other.id)]
        assert ids(tag="unknown") == ids(tag="a,b") == ids(tag="print", q="кухня") == []
        assert ids(tag="") == [str(other.id), str(image.id)]
        assert self.others.get(IMAGES, {"tag": "print"}).json()["results"] == []
        response = self.api.get(f"{IMAGES}?tag=a&tag=b")
        self.assert_problem(response, 400, "invalid", fields={"tag": "duplicate"})


class TestTags(ApiTestCase):
    def test_it_lists_own_tags_with_counts(self) -> None:
        for names in (["print", "Tea"], ["print"]):
            tagging.add(make_image(self.alice), names=names)
        tagging.add(make_image(self.bob), names=["bob"])
        assert self.api.get("/api/v1/tags/").json() == [
            {"name": "print", "count": 2, "count_is_more": False},
            {"name": "Tea", "count": 1, "count_is_more": False},
        ]
