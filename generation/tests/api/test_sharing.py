"""PATCH visibility and /api/v1/images/ID/share/."""

from generation.gallery.sharing import publications
from generation.models import Image, Publication, PublicationState
from generation.testing.rows.api import ApiTestCase, make_image


class TestSharingApi(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = make_image(self.alice)
        self.path = f"/api/v1/images/{self.image.id}/"
        self.share = f"{self.path}share/"

    def patch(self, visibility: object) -> dict[str, object]:
        answer = self.api.patch(self.path, {"visibility": visibility})
        assert answer.status_code == 200, answer.content
        return answer.json()

    def now(self) -> Image:
        return Image.objects.get(id=self.image.id)

    def test_it_makes_and_changes_a_link(self) -> None:
        answer = self.api.post(self.share, {"expires_in_days": 7.0, "with_parameters": True})
        assert answer.status_code == 201
        made = answer.json()
        assert made["url"].endswith(f"/s/{self.now().link_slug}/")
        assert (made["with_parameters"], made["with_name"], made["publication"]) == (
            True,
            False,
            None,
        )
        assert self.api.get(self.share).json() == made
        changed = self.api.post(self.share)
        assert changed.status_code == 200
        assert changed.json() == made | {"expires_at": None, "with_parameters": False}
        renewed = self.api.post(self.share, {"new": True})
        assert renewed.status_code == 201
        assert renewed.json()["url"] != made["url"]
        assert self.api.get(self.path).json()["visibility"] == "link"

    def test_it_says_private_when_the_link_has_expired(self) -> None:
        self.api.post(self.share, {"expires_in_days": 1})
        Image.objects.update(link_until=self.image.created_at)
        assert self.api.get(self.path).json()["visibility"] == "private"
        assert self.api.get(self.share).json()["url"] is None

    def test_it_patches_public_which_asks(self) -> None:
        self.api.post(self.share, {"with_parameters": True})
        assert self.patch("public")["visibility"] == "link"
        publication = self.api.get(self.share).json()["publication"]
        assert (publication["state"], publication["with_parameters"], publication["url"]) == (
            "waiting",
            True,
            None,
        )
        publications.publish(Publication.objects.get(), by=self.staff)
        assert self.api.get(self.path).json()["visibility"] == "public"
        publication = self.api.get(self.share).json()["publication"]
        assert publication["state"] == "published"
        assert publication["url"].endswith(f"/s/{Publication.objects.get().slug}/")
        assert self.patch("public")["visibility"] == "public"
        assert self.patch("link")["visibility"] == "link"
        assert Publication.objects.get().state == PublicationState.WITHDRAWN

    def test_it_refuses_what_it_cannot_read(self) -> None:
        for body, fields in (
            ({"expires_in_days": 2}, {"expires_in_days": "choices"}),
            ({"expires_in_days": True}, {"expires_in_days": "choices"}),
            ({"expires_in_days": "7"}, {"expires_in_days": "choices"}),
            ({"expires_in_days": [7]}, {"expires_in_days": "choices"}),
            ({"with_name": 1}, {"with_name": "invalid"}),
            ({"slug": "mine"}, {"slug": "unknown_field"}),
        ):
            with self.subTest(body):
                self.assert_problem(self.api.post(self.share, body), 400, "invalid", fields=fields)
        for value in ("friends", None, 1, ["public"], {}):
            answer = self.api.patch(self.path, {"visibility": value})
            self.assert_problem(answer, 400, "invalid", fields={"visibility": "choices"})
        assert self.now().link_slug is None
