"""The public status: what it measures, what it says, and that it tells nothing about users."""

from datetime import timedelta

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from generation.jobs.engine import heartbeat
from generation.jobs.placing import creation_switch
from generation.jobs.placing.creation_switch import Mode
from generation.models import (
    Announcement,
    Endpoint,
    ImageModel,
    Job,
    OutageKind,
    ProviderOutage,
    Status,
)
from generation.operations.status import announcements, service
from generation.operations.status.service import Creation, ModelState
from generation.testing.cases import BaseTestCase
from generation.testing.rows.api import make_job

API = "/api/v1/status/"


class StatusTestCase(BaseTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.load_catalog()

    def setUp(self):
        super().setUp()
        heartbeat.beat()
        self.now = timezone.now()

    def ended(self, *, seconds=20.0, ago=60.0, status=Status.SUCCEEDED, **fields):
        """Return a job that ended `ago` seconds ago and took `seconds` from placing to its end."""
        job = make_job(self.alice, status=status, prompt="secret words", **fields)
        finished = self.now - timedelta(seconds=ago)
        Job.objects.filter(pk=job.pk).update(
            created_at=finished - timedelta(seconds=seconds), finished_at=finished
        )
        return job

    def of(self, slug="flux-dev"):
        (found,) = [one for one in service.measure().models if one.slug == slug]
        return found


class TestMeasuring(StatusTestCase):
    def test_it_counts_the_jobs_of_the_last_hour(self):
        for _n in range(3):
            self.ended()
        self.ended(status=Status.FAILED, error_code="gpu_lost")
        self.ended(status=Status.CANCELED)
        self.ended(ago=3700)
        self.ended(status=Status.FAILED, error_code="gpu_lost", ago=3700)
        hour = self.of().last_hour
        assert (hour.succeeded, hour.failed, hour.success_rate) == (3, 1, 0.75)
        assert self.of("flux-schnell").last_hour == service.LastHour()

    def test_it_blames_no_model_for_what_was_asked_of_it(self):
        self.ended()
        for code in service.FAULTS_OF_REQUEST:
            self.ended(status=Status.FAILED, error_code=code)
        assert self.of().last_hour.success_rate == 1

    def test_it_measures_the_wait_from_placing_to_image(self):
        for seconds in range(1, 11):
            self.ended(seconds=seconds * 10)
        wait = self.of().last_hour.wait
        assert (wait.p50, wait.p90) == (50, 90)

    def test_it_leaves_trials_of_staff_out(self):
        self.ended(is_trial=True, credits=0)
        self.ended(is_trial=True, credits=0, status=Status.FAILED, error_code="gpu_lost")
        assert self.of().last_hour == service.LastHour()

    def test_it_lists_enabled_models_alone(self):
        ImageModel.objects.exclude(slug="flux-dev").update(enabled=False)
        assert [one.slug for one in service.measure().models] == ["flux-dev"]


class TestState(StatusTestCase):
    def test_it_says_who_paused_it(self):
        creation_switch.turn(Mode.MAINTENANCE, message="Back soon.")
        assert service.measure().creation is Creation.MAINTENANCE
        assert service.measure().message == "Back soon."
        creation_switch.turn(Mode.OFF)
        assert service.measure().creation is Creation.OFF
        assert self.of().eta is None

    def test_it_says_which_model_is_out(self):
        model = ImageModel.objects.get(slug="flux-dev")
        ProviderOutage.objects.create(
            kind=OutageKind.ENDPOINT_MISSING,
            endpoint_id=model.endpoint.endpoint_id,
            since=self.now,
            probe_at=self.now,
        )
        assert (self.of().state, self.of().eta) == (ModelState.UNAVAILABLE, None)
        assert service.measure().creation is Creation.AVAILABLE

    def test_it_says_that_a_model_waits(self):
        later = self.now + timedelta(minutes=1)
        Endpoint.objects.filter(model__slug="flux-dev").update(submit_after=later)
        assert self.of().state is ModelState.DELAYED

    def test_it_says_how_many_endpoints_take_jobs(self):
        model = ImageModel.objects.get(slug="flux-dev")
        first = model.endpoint
        Endpoint.objects.create(model=model, endpoint_id="second", preference=1)
        assert (self.of().open_endpoints, self.of().endpoints) == (2, 2)
        english = {"Accept-Language": "en"}
        self.assertNotContains(self.client.get("/status/", headers=english), "of 2 endpoints")
        ProviderOutage.objects.create(
            kind=OutageKind.ENDPOINT_MISSING,
            endpoint_id=first.endpoint_id,
            since=self.now,
            probe_at=self.now,
        )
        cache.clear()
        assert (self.of().state, self.of().open_endpoints) == (ModelState.AVAILABLE, 1)
        self.assertContains(self.client.get("/status/", headers=english), "1 of 2 endpoints")
        later = self.now + timedelta(minutes=1)
        Endpoint.objects.filter(model=model).exclude(pk=first.pk).update(submit_after=later)
        cache.clear()
        assert (self.of().state, self.of().open_endpoints) == (ModelState.DELAYED, 0)

    def test_it_says_that_nothing_works_with_a_refused_key(self):
        ProviderOutage.objects.create(
            kind=OutageKind.KEY_REFUSED, endpoint_id="any", since=self.now, probe_at=self.now
        )
        assert service.measure().creation is Creation.UNAVAILABLE


class TestPage(StatusTestCase):
    def see(self, language="en", path="/status/"):
        return self.client.get(path, headers={"Accept-Language": language})

    def test_it_shows_closed_announcements_too(self):
        one = Announcement.objects.create(text_en="Read me.", text_ru="Прочтите.")
        announcements.forget()
        self.client.post(reverse("close_announcement", args=[one.key]))
        self.assertContains(self.see(), "Read me.", count=1)

    def test_it_tells_nothing_about_users_and_endpoints(self):
        self.ended(error_detail="Bearer rp_secret")
        endpoint = Endpoint.objects.get(model__slug="comfyui").endpoint_id
        for path in ("/status/", API):
            body = self.see(path=path).content.decode()
            for secret in ("secret", self.alice.email, str(self.alice.pk), endpoint):
                assert secret not in body


class TestApi(StatusTestCase):
    def read(self, **headers):
        response = self.client.get(API, headers={"Accept-Language": "en", **headers})
        assert response.status_code == 200
        return response.json()

    def test_it_has_everything(self):
        for _n in range(2):
            self.ended()
        self.ended(status=Status.FAILED, error_code="gpu_lost")
        until = timezone.now() + timedelta(hours=1)
        creation_switch.turn(
            Mode.MAINTENANCE, message="New disk.", message_ru="Новый диск.", until=until
        )
        Announcement.objects.create(text_en="Soon.", text_ru="Скоро.", level="warning")
        announcements.forget()
        document = self.read()
        assert document["creation"] == "maintenance"
        assert document["message"].startswith("New disk. Expected end: ")
        assert document["expected_end"] is not None
        assert [(one["level"], one["text"]) for one in document["announcements"]] == [
            ("warning", "Soon.")
        ]
        (flux,) = [one for one in document["models"] if one["slug"] == "flux-dev"]
        assert flux["last_hour"] == {
            "succeeded": 2,
            "failed": 1,
            "success_rate": 0.6667,
            "wait_seconds": {"p50": 20, "p90": 20},
        }
        assert set(flux["eta_seconds"]) == {"p50", "p90", "basis"}
        russian = self.read(**{"Accept-Language": "ru"})
        assert russian["message"].startswith("Новый диск.")
        assert russian["announcements"][0]["text"] == "Скоро."

    def test_it_needs_no_token_and_ignores_a_wrong_one(self):
        assert self.read() == self.read(Authorization="Bearer wrong")
