"""Requests that a rule stopped, by API: the refusal, list, appeal, withdrawal."""

from generation.jobs.placing import reviewed_orders
from generation.models import Job, ModerationRule, PromptReview, RuleAction
from generation.testing.rows.api import FLUX, ApiTestCase, make_image, stored

GUN = {**FLUX, "prompt": "Two guns on a table"}
REVIEWS = "/api/v1/reviews/"


class TestReviews(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.rule = ModerationRule.objects.create(pattern="gun", category="violence")

    def refused(self) -> str:
        problem = self.assert_problem(
            self.api.post("/api/v1/jobs/", GUN), 403, "prompt_not_allowed"
        )
        assert (problem["categories"], problem["words"]) == (["violence"], ["guns"])
        assert problem["can_appeal"] is True
        return f"{REVIEWS}{problem['review']}/"

    def test_it_refuses_jobs_and_batches_and_changes_nothing(self) -> None:
        before = stored()
        self.refused()
        answer = self.api.post("/api/v1/batches/", {**GUN, "count": 4})
        self.assert_problem(answer, 403, "prompt_not_allowed")
        assert stored() == before

    def test_it_is_appealed_and_approved(self) -> None:
        path = self.refused()
        assert self.api.get(path).json()["state"] == "refused"
        review = self.api.post(f"{path}appeal/").json()
        assert (review["state"], review["can_appeal"]) == ("waiting", False)
        assert review["appealed_at"]
        self.assert_problem(self.api.post(f"{path}appeal/"), 409, "already_decided")
        reviewed_orders.approve(PromptReview.objects.get(), by=self.staff)
        review = self.api.get(path).json()
        assert (review["state"], review["placed"]) == ("approved", str(Job.objects.get().id))

    def test_it_holds_and_withdraws(self) -> None:
        ModerationRule.objects.update(action=RuleAction.HOLD)
        problem = self.assert_problem(
            self.api.post("/api/v1/jobs/", GUN, **{"Idempotency-Key": "mine"}),
            403,
            "held_for_review",
        )
        assert problem["can_appeal"] is False
        path = f"{REVIEWS}{problem['review']}/"
        assert self.api.post(f"{path}cancel/").json()["state"] == "canceled"
        self.assert_problem(self.api.post(f"{path}cancel/"), 409, "already_decided")

    def test_it_lists_own_ones_newest_first_without_flags(self) -> None:
        self.refused()
        self.api.post("/api/v1/jobs/", {**GUN, "prompt": "a gun"})
        ModerationRule.objects.update(action=RuleAction.FLAG)
        self.api.post("/api/v1/jobs/", {**GUN, "prompt": "one gun"})
        assert PromptReview.objects.count() == 3
        page = self.api.get(REVIEWS, {"limit": 1}).json()
        assert [one["prompt"] for one in page["results"]] == ["a gun"]
        assert "cursor=" in page["next"]
        assert self.others.get(REVIEWS).json()["results"] == []
        flagged = PromptReview.objects.get(state="flagged")
        self.assert_problem(self.api.get(f"{REVIEWS}{flagged.id}/"), 404, "not_found")

    def test_an_image_is_appealed(self) -> None:
        ModerationRule.objects.update(pattern="tea")
        image = make_image(self.alice)
        path = f"/api/v1/images/{image.id}/"
        self.assert_problem(self.api.patch(path, {"visibility": "public"}), 403, "not_publishable")
        share = self.api.post(f"{path}share/appeal/").json()
        assert share["publication"]["state"] == "waiting"
        self.assert_problem(self.api.post(f"{path}share/appeal/"), 409, "already_decided")
        self.assert_problem(self.others.post(f"{path}share/appeal/"), 404, "not_found")
