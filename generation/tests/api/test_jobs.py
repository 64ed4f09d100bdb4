"""`/api/v1/jobs/`: place, list, look at, cancel, retry."""

from typing import Any
from uuid import UUID, uuid4

from django.test import override_settings

from accounts.credits import ledger
from generation.jobs.live.job_json import job_json
from generation.models import GenerationSwitch, Image, Job, Status
from generation.testing.rows.api import FLUX, ApiTestCase, make_image, make_job, stored

JOBS = "/api/v1/jobs/"


class TestPlacing(ApiTestCase):
    def test_it_places_a_job_and_holds_its_credits(self) -> None:
        response = self.api.post(JOBS, FLUX)
        assert response.status_code == 201, response.content
        job = Job.objects.get()
        assert response.json() == job_json(Job.objects.with_all().get())
        assert response["Location"] == f"{JOBS}{job.id}/"
        assert (job.user, job.status, job.prompt) == (self.alice, Status.QUEUED, FLUX["prompt"])
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (100 - job.credits, job.credits)

    def test_it_answers_as_the_contract_says(self) -> None:
        job = self.api.post(JOBS, FLUX).json()
        assert UUID(job["id"]).version == 7
        assert job["status"] == "queued"
        assert (job["model"], job["width"], job["height"], job["steps"]) == (
            "flux-dev",
            1024,
            1024,
            28,
        )
        assert job["queue_position"] == 0
        assert set(job["eta_seconds"]) == {"p50", "p90", "basis"}
        assert isinstance(job["seed"], int)
        assert job["finished_at"] is None
        assert job["images"] == []

    def test_it_takes_every_parameter_of_the_model(self) -> None:
        asked = FLUX | {
            "negative_prompt": "fog",
            "width": 768,
            "height": 512,
            "steps": 20,
            "guidance": 3.5,
            "seed": 7,
        }
        asked |= {"style": "watercolor"}
        job = self.api.post(JOBS, asked).json()
        assert {name: job[name] for name in asked} == asked

    def test_it_says_how_many_credits_are_missing(self) -> None:
        ledger.adjust(user=self.alice, amount=-98, reason="for the test")
        before = stored()
        document = self.assert_problem(self.api.post(JOBS, FLUX), 402, "too_few_credits")
        assert (document["needed"], document["available"]) == (3, 2)
        assert stored() == before

    def test_it_places_nothing_while_creating_is_paused(self) -> None:
        GenerationSwitch.objects.create(on=False, message="Back at 14:00")
        before = stored()
        response = self.api.post(JOBS, FLUX)
        document = self.assert_problem(response, 503, "generation_off")
        assert document["detail"] == "Back at 14:00"
        assert int(response["Retry-After"]) > 0
        assert stored() == before

    @override_settings(MAX_WAITING_PER_USER=2)
    def test_it_lets_only_so_many_wait(self) -> None:
        make_job(self.alice), make_job(self.alice), make_job(self.bob)
        before = stored()
        response = self.api.post(JOBS, FLUX)
        document = self.assert_problem(response, 429, "too_many_waiting")
        assert document["limit"] == 2
        assert int(response["Retry-After"]) > 0
        assert stored() == before
        assert self.others.post(JOBS, FLUX).status_code == 201


class TestSources(ApiTestCase):
    KONTEXT = {"model": "flux-kontext", "prompt": "Make it winter"}

    def test_it_takes_own_pictures_as_sources(self) -> None:
        image = make_image(self.alice)
        response = self.api.post(JOBS, self.KONTEXT | {"source_images": [str(image.id)]})
        assert response.status_code == 201, response.content
        assert response.json()["source_images"] == [str(image.id)]

    def test_it_keeps_what_source_images_are_for(self) -> None:
        image = make_image(self.alice)
        request = self.KONTEXT | {"source_images": [str(image.id)], "source_roles": ["style"]}
        job = self.api.post(JOBS, request).json()
        assert job["source_roles"] == ["style"]
        again = self.api.post(JOBS, self.KONTEXT | {"source_images": [str(image.id)]}).json()
        assert again["source_roles"] == []
        response = self.api.post(JOBS, request | {"source_roles": ["composition"]})
        self.assert_problem(response, 400, "invalid", fields={"source_roles": "not_supported"})


class TestList(ApiTestCase):
    def test_it_filters(self) -> None:
        batch = uuid4()
        done = make_job(self.alice, status=Status.SUCCEEDED, batch=batch)
        waiting = make_job(self.alice, model="qwen-image")

        def ids(**query: Any) -> list[str]:
            return [job["id"] for job in self.api.get(JOBS, query).json()["results"]]

        assert ids(status="succeeded") == [str(done.id)]
        assert ids(model="qwen-image") == [str(waiting.id)]
        assert ids(batch=batch) == [str(done.id)]
        assert ids(batch=uuid4()) == []
        assert ids(status="queued", model="flux-dev") == []

    def test_it_refuses_filters_that_cannot_be(self) -> None:
        for query, fields in (
            ({"status": "done"}, {"status": "choices"}),
            ({"model": "nano"}, {"model": "does_not_exist"}),
            ({"model": "a\0b"}, {"model": "control_characters"}),
            ({"batch": "7"}, {"batch": "invalid"}),
            ({"stauts": "queued"}, {"stauts": "unknown_field"}),
            ({"status": ["queued", "failed"]}, {"status": "duplicate"}),
            ({"limit": "0"}, {"limit": "invalid"}),
            ({"limit": "101"}, {"limit": "invalid"}),
            ({"limit": "1e9"}, {"limit": "invalid"}),
            ({"limit": "9" * 99}, {"limit": "invalid"}),
            ({"limit": "²"}, {"limit": "invalid"}),
            ({"cursor": "x"}, {"cursor": "invalid"}),
            ({"cursor": ""}, {"cursor": "invalid"}),
            ({"cursor": "x" * 501}, {"cursor": "max_length"}),
        ):
            with self.subTest(query):
                self.assert_problem(self.api.get(JOBS, query), 400, "invalid", fields=fields)

    def test_it_leads_through_all_pages_and_back(self) -> None:
        mine = [str(make_job(self.alice).id) for _ in range(25)][::-1]
        first = self.api.get(JOBS).json()
        assert [job["id"] for job in first["results"]] == mine[:20]
        assert first["previous"] is None
        make_job(self.alice)  # what comes in meanwhile moves nothing
        second = self.api.get(first["next"]).json()
        assert [job["id"] for job in second["results"]] == mine[20:]
        assert second["next"] is None
        back = self.api.get(second["previous"]).json()
        assert [job["id"] for job in back["results"]] == mine[:20]

    def test_it_refuses_a_cursor_of_another_list(self) -> None:
        for _ in range(2):
            make_image(self.alice)
        link = self.api.get("/api/v1/images/", {"limit": 1}).json()["next"]
        cursor = link.split("cursor=")[1].split("&")[0]
        self.assert_problem(
            self.api.get(f"{JOBS}?cursor={cursor}"), 400, "invalid", fields={"cursor": "invalid"}
        )


class TestDetail(ApiTestCase):
    def test_it_shows_an_own_job(self) -> None:
        job = make_job(self.alice, status=Status.SUCCEEDED)
        image = make_image(self.alice, job=job)
        body = self.api.get(f"{JOBS}{job.id}/").json()
        assert body == job_json(Job.objects.with_all().get(id=job.id))
        assert body["images"][0]["id"] == str(image.id)

    def test_it_tells_why_a_job_failed_in_the_language_asked_for(self) -> None:
        path = f"{JOBS}{make_job(self.alice, status=Status.FAILED).id}/"
        english = self.api.get(path).json()["error"]
        russian = self.api.get(path, **{"Accept-Language": "ru"}).json()["error"]
        assert english["code"] == russian["code"] == "gpu_lost"
        assert english["message"] == "The GPU disconnected during generation."
        assert russian["message"] != english["message"]


class TestCancel(ApiTestCase):
    def test_it_cancels_and_returns_the_credits(self) -> None:
        job = self.api.post(JOBS, FLUX).json()
        response = self.api.post(f"{JOBS}{job['id']}/cancel/")
        assert response.status_code == 200
        body = response.json()
        assert (body["status"], body["id"]) == ("canceled", job["id"])
        assert body["version"] > job["version"]
        assert body["finished_at"]
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (100, 0)

    def test_it_leaves_a_job_that_has_ended_or_is_being_saved(self) -> None:
        for status in (Status.STORING, Status.SUCCEEDED, Status.FAILED, Status.CANCELED):
            job = make_job(self.alice, status=status)
            before = stored()
            self.assert_problem(self.api.post(f"{JOBS}{job.id}/cancel/"), 409, "already_final")
            assert stored() == before
            assert Job.objects.get(id=job.id).status == status


class TestRetry(ApiTestCase):
    SAME = (
        "model",
        "prompt",
        "negative_prompt",
        "width",
        "height",
        "steps",
        "guidance",
        "seed",
        "style",
        "strength",
    )

    def test_it_places_the_same_again(self) -> None:
        asked = FLUX | {"seed": 77, "width": 768, "style": "watercolor", "negative_prompt": "fog"}
        job = self.api.post(JOBS, asked).json()
        self.api.post(f"{JOBS}{job['id']}/cancel/")
        response = self.api.post(f"{JOBS}{job['id']}/retry/")
        assert response.status_code == 201, response.content
        again = response.json()
        assert again["id"] != job["id"]
        assert (again["status"], again["attempt"]) == ("queued", 1)
        assert {name: again[name] for name in self.SAME} == {name: job[name] for name in self.SAME}
        assert response["Location"] == f"{JOBS}{again['id']}/"

    def test_it_reads_a_body_only_if_it_is_json(self) -> None:
        job = self.api.post(JOBS, FLUX).json()
        for content_type in ("", "application/x-www-form-urlencoded", "multipart/form-data"):
            response = self.api.client.generic(
                "POST", f"{JOBS}{job['id']}/retry/", "a=b", content_type=content_type
            )
            assert response.status_code == 201, response.content
        response = self.api.post(f"{JOBS}{job['id']}/retry/", {"max_credits": 0})
        self.assert_problem(response, 402, "price_too_high")

    def test_it_places_again_what_takes_its_size_from_a_source(self) -> None:
        source = make_image(self.alice)
        asked = {
            "model": "qwen-image-edit",
            "prompt": "Make it winter",
            "source_images": [str(source.id)],
        }
        job = self.api.post(JOBS, asked).json()
        response = self.api.post(f"{JOBS}{job['id']}/retry/")
        assert response.status_code == 201, response.content
        again = response.json()
        assert {name: again[name] for name in self.SAME} == {name: job[name] for name in self.SAME}
        assert again["source_images"] == job["source_images"]

    def test_it_applies_the_same_lora_again(self) -> None:
        lora = {"lora_url": "https://example.org/style.safetensors?token=1", "lora_scale": 0.65}
        response = self.api.post(JOBS, {"model": "qwen-image-lora", "prompt": "fog", **lora})
        assert response.status_code == 201, response.content
        job = response.json()
        assert {name: job[name] for name in lora} == lora
        assert {name: self.api.get(f"{JOBS}{job['id']}/").json()[name] for name in lora} == lora
        again = self.api.post(f"{JOBS}{job['id']}/retry/").json()
        assert {name: again[name] for name in lora} == lora
        plain = self.api.post(JOBS, {"model": "qwen-image-lora", "prompt": "fog"}).json()
        assert (plain["lora_url"], plain["lora_scale"]) == (None, None)
        again = self.api.post(f"{JOBS}{plain['id']}/retry/")
        assert again.status_code == 201, again.content

    def test_it_says_that_a_source_is_gone(self) -> None:
        source = make_image(self.alice)
        asked = {
            "model": "flux-kontext",
            "prompt": "Make it winter",
            "source_images": [str(source.id)],
        }
        job = self.api.post(JOBS, asked).json()
        Image.objects.all().delete()
        before = stored()
        response = self.api.post(f"{JOBS}{job['id']}/retry/")
        self.assert_problem(response, 400, "invalid", fields={"source_images": "does_not_exist"})
        assert stored() == before

    @override_settings(PLACING_RATE="1/h")
    def test_it_counts_as_placing(self) -> None:
        job = self.api.post(JOBS, FLUX).json()
        self.assert_problem(self.api.post(f"{JOBS}{job['id']}/retry/"), 429, "too_many_requests")
