"""What costs nothing cannot fill the database: create and delete, refused prompts."""

import time
import zlib
from typing import Any

import pytest

from accounts.limits import rate_limits
from generation.models import ModerationRule, PromptReview, WordList
from generation.owned_rows import named_rows
from generation.studio.comparisons import word_lists
from generation.testing.clock import held_clock
from generation.testing.rows.api import FLUX, ApiTestCase, make_image

STYLE = {"template": "{prompt}, ink", "negative": ""}
BODIES: dict[str, dict[str, Any]] = {
    "word-lists": {"entries": ["red", "blue"]},
    "own-styles": STYLE,
    "presets": {"parameters": {"model": "flux-schnell"}},
    "collections": {},
}


class TestWriteLimits(ApiTestCase):
    def test_it_ends_creating_and_deleting(self) -> None:
        with held_clock():
            for path, body in BODIES.items():
                url = f"/api/v1/{path}/"
                for _ in range(2):
                    made = self.api.post(url, {**body, "name": "again"})
                    assert made.status_code == 201, (path, made.content)
                    assert self.api.delete(f"{url}{made.json()['id']}/").status_code == 204
                for _ in range(58):
                    rate_limits.spend(path.replace("-", "_"), self.alice.pk)
                refused = self.api.post(url, {**body, "name": "again"})
                self.assert_problem(refused, 429, "too_many_requests")
                assert int(refused["Retry-After"]) > 0

    def test_it_counts_changes_with_what_is_created(self) -> None:
        with held_clock():
            url = f"/api/v1/word-lists/{word_lists.create(user=self.alice, name='a', entries=['b']).id}/"
            for number in range(59):
                assert self.api.patch(url, {"entries": [str(number)]}).status_code == 200
            self.assert_problem(self.api.patch(url, {"entries": ["c"]}), 429, "too_many_requests")

    def test_it_counts_deleted_lists_for_a_day(self) -> None:
        to_midnight = (zlib.crc32(str(self.alice.pk).encode()) - time.time()) % 86_400
        for hour in range(2):
            with held_clock(later=to_midnight + 1 + 3600 * hour):
                for _ in range(50):
                    made = word_lists.create(user=self.alice, name="again", entries=["b"])
                    named_rows.delete(made)
        with (
            held_clock(later=to_midnight + 1 + 3600 * 2),
            pytest.raises(rate_limits.TooManyTries) as refusal,
        ):
            word_lists.create(user=self.alice, name="again", entries=["b"])
        assert refusal.value.seconds > 20 * 3600
        assert WordList.objects.count() == 100

    def test_it_ends_changing_tags(self) -> None:
        image = make_image(self.alice)
        with held_clock():
            for _ in range(1200):
                rate_limits.spend("tags", self.alice.pk)
            response = self.api.patch(f"/api/v1/images/{image.id}/", {"tags": ["print"]})
        self.assert_problem(response, 429, "too_many_requests")

    def test_it_stores_some_refused_prompts_a_user(self) -> None:
        ModerationRule.objects.create(pattern="gun", category="violence")
        with held_clock():
            for number in range(60):
                answer = self.api.post("/api/v1/jobs/", {**FLUX, "prompt": f"a gun {number}"})
                self.assert_problem(answer, 403, "prompt_not_allowed")
            answer = self.api.post("/api/v1/jobs/", {**FLUX, "prompt": "one more gun"})
        self.assert_problem(answer, 429, "too_many_requests")
        assert PromptReview.objects.count() == 60
