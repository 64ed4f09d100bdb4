"""What costs nothing cannot fill the database: tags, refused prompts."""

from accounts.limits import rate_limits
from generation.models import ModerationRule, PromptReview
from generation.testing.clock import held_clock
from generation.testing.rows.api import FLUX, ApiTestCase, make_image


class TestWriteLimits(ApiTestCase):
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
            for _ in range(59):
                rate_limits.spend("refusals", self.alice.pk)
            answer = self.api.post("/api/v1/jobs/", {**FLUX, "prompt": "a gun"})
            self.assert_problem(answer, 403, "prompt_not_allowed")
            answer = self.api.post("/api/v1/jobs/", {**FLUX, "prompt": "one more gun"})
        self.assert_problem(answer, 429, "too_many_requests")
        assert PromptReview.objects.count() == 1
