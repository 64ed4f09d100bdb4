"""What a browser keeps: 304 while nothing has changed, for the same user alone."""

from django.urls import reverse
from django.utils import timezone

from accounts.credits import ledger
from accounts.tokens import tokens
from generation.gallery import favorites
from generation.models import Status
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase

PART = {"X-Part": "1"}


class TestRevalidation(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.image = make_image(self.alice)
        make_image(self.alice, trashed_at=timezone.now())
        self.quote = f"{reverse('quote')}?model=flux-dev&count=2&shape=1024x1024"

    def again(self, address, page, *, headers=None):
        return self.client.get(address, headers={"If-None-Match": page["ETag"], **(headers or {})})

    def test_it_sends_nothing_again_that_has_not_changed(self):
        api = {"Authorization": f"Bearer {tokens.issue(user=self.alice, name='test')}"}
        own = reverse("own_images")
        lists = {
            f"/api/v1/{name}/": api
            for name in ("jobs", "images", "collections", "models", "styles")
        }
        pages = {reverse("gallery"): {}, reverse("trash"): {}, self.quote: PART, own: PART}
        for address, headers in (pages | lists).items():
            with self.subTest(address):
                page = self.client.get(address, headers=headers)
                assert (page.status_code, page["Cache-Control"]) == (200, "private, no-cache")
                for name in ("Cookie", "Authorization", "X-Part"):
                    assert name in page["Vary"]
                kept = self.again(address, page, headers=headers)
                assert (kept.status_code, kept.content, kept["ETag"]) == (304, b"", page["ETag"])
                assert kept["Cache-Control"] == "private, no-cache"

    def test_it_sends_what_has_changed(self):
        address = reverse("gallery")
        page = self.client.get(address)
        for change in (
            lambda: favorites.set_favorite(self.image, favorite=True),
            lambda: make_image(self.alice),
            lambda: ledger.grant(user=self.alice, amount=5, reason="test"),
            lambda: self.client.post(reverse("set_theme"), {"theme": "dark"}),
            lambda: self.client.post(reverse("set_language"), {"language": "ru"}),
        ):
            change()
            fresh = self.again(address, page)
            assert fresh.status_code == 200
            assert self.again(address, fresh).status_code == 304
            page = fresh

    def test_it_sends_a_quote_again_when_the_balance_has_changed(self):
        page = self.client.get(self.quote, headers=PART)
        ledger.grant(user=self.alice, amount=5, reason="test")
        fresh = self.again(self.quote, page, headers=PART)
        assert (fresh.status_code, fresh["X-Credits"]) == (200, "105")

    def test_it_tells_nobody_that_he_has_what_somebody_else_has(self):
        for address, headers in (
            (reverse("trash"), {}),
            (self.quote, PART),
            ("/api/v1/models/", {}),
        ):
            with self.subTest(address):
                self.client.force_login(self.alice)
                page = self.client.get(address, headers=headers)
                self.client.force_login(self.bob)
                assert self.again(address, page, headers=headers).status_code == 200

    def test_it_sends_a_page_again_whose_tokens_no_longer_work(self):
        address = reverse("gallery")
        page = self.client.get(address)
        del self.client.cookies["csrftoken"]
        assert self.again(address, page).status_code == 200

    def test_it_does_not_take_a_part_of_a_page_for_the_page(self):
        address = reverse("gallery")
        page = self.client.get(address)
        assert self.again(address, page, headers=PART).status_code == 200

    def test_it_keeps_nothing_of_what_failed(self):
        answer = self.client.get("/api/v1/images/?nonsense=1")
        assert (answer.status_code, answer["Cache-Control"]) == (400, "no-store")
        assert "ETag" not in answer

    def test_it_sends_a_list_again_when_a_job_has_moved(self):
        job = make_job(self.alice)
        page = self.client.get("/api/v1/jobs/")
        type(job).objects.filter(id=job.id).update(status=Status.SUBMITTED, version=2)
        assert self.again("/api/v1/jobs/", page).status_code == 200
