"""`/api/v1/batches/` and `/api/v1/quotes/`.

All placed or none; a price and a time with nothing placed.
"""

from django.test import override_settings

from accounts.credits import ledger
from generation.models import Job
from generation.testing.rows.api import FLUX, ApiTestCase, make_job, stored

BATCHES, QUOTES = "/api/v1/batches/", "/api/v1/quotes/"


class TestBatches(ApiTestCase):
    def test_it_places_the_same_several_times(self) -> None:
        response = self.api.post(BATCHES, FLUX | {"count": 3})
        assert response.status_code == 201, response.content
        body = response.json()
        assert set(body) == {"id", "jobs"}
        assert len(body["jobs"]) == 3 == Job.objects.of(self.alice).count()
        assert {job["batch"] for job in body["jobs"]} == {body["id"]}
        assert len({job["seed"] for job in body["jobs"]}) == 3
        self.alice.refresh_from_db()
        assert self.alice.held == sum(job["credits"] for job in body["jobs"])

    def test_it_counts_a_given_seed_up(self) -> None:
        jobs = self.api.post(BATCHES, FLUX | {"count": 3, "seed": 2**31 - 2}).json()["jobs"]
        assert [job["seed"] for job in jobs] == [2**31 - 2, 2**31 - 1, 0]

    def test_it_places_different_ones_in_their_order(self) -> None:
        asked = [FLUX | {"prompt": "one"}, {"model": "qwen-image", "prompt": "two"}]
        jobs = self.api.post(BATCHES, {"jobs": asked}).json()["jobs"]
        assert [(job["model"], job["prompt"]) for job in jobs] == [
            ("flux-dev", "one"),
            ("qwen-image", "two"),
        ]

    def test_it_finds_the_jobs_again_by_the_batch(self) -> None:
        make_job(self.alice)
        batch = self.api.post(BATCHES, FLUX | {"count": 2}).json()
        found = self.api.get("/api/v1/jobs/", {"batch": batch["id"]}).json()["results"]
        assert [job["id"] for job in found] == [job["id"] for job in reversed(batch["jobs"])]

    def test_it_places_none_when_the_credits_do_not_last_for_all(self) -> None:
        ledger.adjust(user=self.alice, amount=-92, reason="for the test")
        before = stored()
        document = self.assert_problem(
            self.api.post(BATCHES, FLUX | {"count": 3}), 402, "too_few_credits"
        )
        assert (document["needed"], document["available"]) == (9, 8)
        assert stored() == before

    @override_settings(MAX_WAITING_PER_USER=2)
    def test_it_places_none_when_not_all_may_wait(self) -> None:
        before = stored()
        self.assert_problem(self.api.post(BATCHES, FLUX | {"count": 3}), 429, "too_many_waiting")
        assert stored() == before
        assert self.api.post(BATCHES, FLUX | {"count": 2}).status_code == 201

    def test_it_places_none_when_one_is_wrong(self) -> None:
        before = stored()
        response = self.api.post(BATCHES, {"jobs": [FLUX, FLUX | {"steps": 0}]})
        self.assert_problem(response, 400, "invalid", fields={"jobs[1].steps": "min_value"})
        assert stored() == before


class TestQuotes(ApiTestCase):
    def test_it_tells_price_and_time_and_places_nothing(self) -> None:
        before = stored()
        response = self.api.post(QUOTES, FLUX)
        assert response.status_code == 200
        assert response.json() == {
            "credits": 3,
            "eta_seconds": {"p50": 20, "p90": 32, "basis": "catalog"},
            "parked_until": None,
        }
        assert stored() == before

    def test_it_tells_what_placing_then_costs(self) -> None:
        for body in (
            FLUX | {"width": 512, "height": 512},
            FLUX | {"count": 4},
            {"jobs": [FLUX, FLUX]},
        ):
            quoted = self.api.post(QUOTES, body).json()["credits"]
            placed = self.api.post(BATCHES, body).json()["jobs"]
            assert quoted == sum(job["credits"] for job in placed)
