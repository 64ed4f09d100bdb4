"""Quotas in orders and submissions: refusals of the API, jobs in the queue, jobs at once."""

from threading import Barrier

from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from accounts.limits import period_limits, user_limits
from accounts.models import GroupQuota, User
from accounts.tokens import tokens
from generation.jobs import eta
from generation.jobs.budgets import budget_choice
from generation.jobs.engine import driver, lifecycle
from generation.jobs.live import job_json
from generation.jobs.placing import drafts, quotes
from generation.jobs.placing.job_request import UserCatalog
from generation.jobs.queue import model_queues
from generation.jobs.queue.model_queues import UserLimit
from generation.jobs.queue.scheduling import Openings
from generation.models import ImageModel, Job, Status, model_cache
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase, emulated, load_catalog, make_user
from generation.testing.clock import held_clock
from generation.testing.rows.api import ApiTestCase
from generation.testing.threads import at_once

REQUEST = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
OTHER = "flux-dev"


def group_of(*users, **values):
    group = Group.objects.create(name="team")
    GroupQuota.objects.create(group=group, **values)
    group.user_set.add(*users)


class TestApi(ApiTestCase):
    def place(self, **request):
        return self.api.post("/api/v1/jobs/", REQUEST | request)

    def refused(self, response, status, code):
        document = self.assert_problem(response, status, code)
        assert not Job.objects.exists()
        self.alice.refresh_from_db()
        assert (self.alice.held, self.alice.jobs_today) == (0, 0)
        return document

    def test_it_refuses_a_model_that_no_group_has(self):
        group_of(self.alice, allowed_models="sdxl flux-dev")
        document = self.refused(self.place(), 403, "model_not_allowed")
        assert document["model"] == "flux-schnell"
        assert document["errors"][0]["field"] == "model"

    def test_it_refuses_a_larger_image(self):
        group_of(self.alice, max_megapixels=0.25)
        document = self.refused(self.place(width=1024, height=1024), 403, "size_not_allowed")
        assert document["limit"] == 512 * 512
        assert self.place(width=512, height=512).status_code == 201

    def test_it_refuses_a_larger_batch(self):
        group_of(self.alice, max_batch=2)
        response = self.api.post("/api/v1/batches/", REQUEST | {"count": 3})
        document = self.refused(response, 403, "batch_not_allowed")
        assert document["limit"] == 2
        assert "You can create up to 2 images at a time." in document["detail"]

    def test_it_says_when_the_month_starts_again(self):
        group_of(self.alice, max_jobs_per_month=1)
        assert self.place().status_code == 201
        response = self.place()
        document = self.assert_problem(response, 429, "monthly_limit")
        assert "images a month is reached: 1. It resets on" in document["detail"]
        assert int(response["Retry-After"]) > 0

    def test_it_promises_no_time_for_what_no_period_allows(self):
        for quota, code, words in (
            ("max_jobs_per_day", "daily_limit", "create in a day. The limit is 2."),
            ("max_jobs_per_month", "monthly_limit", "create in a month. The limit is 2."),
            ("max_credits_per_day", "daily_limit", "spend in a day. The limit is 2."),
            ("max_credits_per_month", "monthly_limit", "spend in a month. The limit is 2."),
            ("max_jobs_waiting", "too_many_waiting", "have in the queue. The limit is 2."),
        ):
            Group.objects.all().delete()
            group_of(self.alice, **{quota: 2})
            response = self.api.post("/api/v1/batches/", REQUEST | {"count": 3})
            document = self.refused(response, 429, code)
            assert document["detail"] == f"This is more than your account may {words}"
            assert int(response["Retry-After"]) > 0

    def test_it_says_first_what_no_period_allows(self):
        group_of(self.alice, max_jobs_per_day=0, max_jobs_per_month=1)
        User.objects.filter(pk=self.alice.pk).update(
            jobs_this_month=1, counted_on=period_limits.today()
        )
        document = self.refused(self.place(), 429, "daily_limit")
        assert "in a day. The limit is 0." in document["detail"]
        self.client.force_login(self.alice)
        assert [
            row.note for row in user_limits.rows(self.alice) if row.label == "Images today"
        ] == [""]

    def test_it_lets_a_user_wait_with_more_jobs_than_the_site_says(self):
        User.objects.filter(pk=self.alice.pk).update(max_jobs_waiting=3)
        with override_settings(MAX_WAITING_PER_USER=1):
            for _ in range(3):
                assert self.place().status_code == 201
            self.assert_problem(self.place(), 429, "too_many_waiting")

    def test_it_shows_everything_in_the_account(self):
        group_of(self.alice, allowed_models="flux-schnell", max_megapixels=1.5, max_jobs_at_once=2)
        User.objects.filter(pk=self.alice.pk).update(max_credits_per_month=50)
        self.place()
        account = self.api.get("/api/v1/account/").json()
        assert account["allowed"] == {
            "models": ["flux-schnell"],
            "max_megapixels": 1.5,
            "max_batch": None,
        }
        limits = account["limits"]
        assert limits["jobs_at_once"] == {"limit": 2, "used": 0}
        assert limits["credits_per_month"]["limit"] == 50
        assert limits["jobs_per_month"]["used"] == 1
        assert account["resets_at"]["day"] <= account["resets_at"]["month"]
        assert account["token"] is None
        text = tokens.issue(user=self.alice, name="small", credit_limit=5)
        found = self.client.get("/api/v1/account/", headers={"Authorization": f"Bearer {text}"})
        assert found.json()["token"] == {"limit": 5, "used": 0}


class TestJobsAtOnce(EmulatorTestCase):
    def counts(self):
        return {
            user.email[:3]: Job.objects.at_provider().filter(user=user).count()
            for user in (self.alice, self.bob)
        }

    def test_it_keeps_further_jobs_in_the_queue_and_lets_others_pass(self):
        group_of(self.alice, max_jobs_at_once=1)
        for user in (self.alice, self.alice, self.alice, self.bob, self.bob):
            self.place(user=user)
        driver.submit("flux-schnell")
        assert self.counts() == {"ali": 1, "bob": 2}
        driver.submit("flux-schnell")
        assert self.counts()["ali"] == 1
        self.emulator.advance(30)
        Job.objects.at_provider().update(due_at="2020-01-01T00:00:00Z")
        driver.check("flux-schnell")
        driver.submit("flux-schnell")
        assert self.counts()["ali"] == 1

    def test_it_counts_the_jobs_of_all_models(self):
        User.objects.filter(pk=self.alice.pk).update(max_jobs_at_once=1)
        self.place()
        other = self.place(model=OTHER, width=512, height=512)
        driver.submit("flux-schnell")
        driver.submit(OTHER)
        assert self.counts()["ali"] == 1
        other.refresh_from_db()
        assert other.status == Status.QUEUED

    def test_it_submits_nothing_with_0(self):
        with override_settings(MAX_JOBS_AT_ONCE_PER_USER=0), translation.override("en"):
            job = self.place()
            assert driver.submit("flux-schnell") == []
            assert job.promised_p90_at is None
            found = job_json.job_json(Job.objects.with_all().get(pk=job.pk))
        assert found["eta_seconds"] is None
        assert "at once is 0" in found["phase_detail"]

    @held_clock()
    def test_it_says_the_promised_times_at_once_although_the_queue_was_read_before(self):
        request = {"model": "flux-schnell", "prompt": "fog", "width": 512, "height": 512}
        with override_settings(MAX_JOBS_AT_ONCE_PER_USER=1):
            eta.forecast([ImageModel.objects.get(slug="flux-schnell")])
            placed = orders.place_batch(user=self.alice, requests=[request] * 6).jobs
            found = job_json.jobs_json(placed)
        promised = [round((job.promised_p50_at - job.created_at).total_seconds()) for job in placed]
        assert [job["eta_seconds"]["p50"] for job in found] == promised
        assert len(set(promised)) == 6

    @held_clock()
    @override_settings(MAX_JOBS_AT_ONCE_PER_USER=1)
    def test_it_says_the_promised_times_of_an_order_of_several_models_at_once(self):
        """They wait for each other, and the queue was read before them."""
        requests = [
            {"model": slug, "prompt": "fog", "width": 512, "height": 512}
            for slug in ("flux-schnell", OTHER) * 3
        ]
        quoted = quotes.of_requests(user=self.alice, requests=requests)
        placed = orders.place_batch(user=self.alice, requests=requests).jobs
        said = [job["eta_seconds"]["p50"] for job in job_json.jobs_json(placed)]
        promised = [round((job.promised_p50_at - job.created_at).total_seconds()) for job in placed]
        assert said == promised
        for of_model in (said[::2], said[1::2]):
            assert of_model == sorted(set(of_model))
        assert quoted.eta.p50 == said[-1]

    def test_it_promises_later_times_to_jobs_that_the_limit_holds(self):
        """The own value, else the most generous of the groups, else the site's."""

        def promised():
            request = {"model": "flux-schnell", "prompt": "fog", "width": 512, "height": 512}
            jobs = orders.place_batch(user=self.alice, requests=[request] * 3).jobs
            Job.objects.all().delete()
            cache.clear()
            return [round((job.promised_p50_at - job.created_at).total_seconds()) for job in jobs]

        assert len(set(promised())) == 1
        with override_settings(MAX_JOBS_AT_ONCE_PER_USER=1):
            assert promised()[2] > promised()[1] > promised()[0]
        group_of(self.alice, max_jobs_at_once=1)
        assert promised()[2] > promised()[1] > promised()[0]
        self.alice.max_jobs_at_once = 3
        self.alice.save(update_fields=["max_jobs_at_once"])
        assert len(set(promised())) == 1
        self.place()
        model_id = ImageModel.objects.get(slug="flux-schnell").pk
        found = model_queues.current([model_id])
        assert [queue.limits for queue in found.values()] == [{self.alice.pk: UserLimit(3, 1, 0)}]


class TestManyAtOnce(TransactionTestCase):
    def setUp(self):
        cache.clear()
        load_catalog()
        self.user = make_user("alice@example.org")
        self.emulator = self.enterContext(emulated())
        self.slugs = list(
            ImageModel.objects.enabled()
            .filter(min_source_images=0)
            .order_by("slug")
            .values_list("slug", flat=True)[:4]
        )

    def place_on_each(self):
        for slug in self.slugs:
            orders.place(user=self.user, request={"model": slug, "prompt": "fog"})

    def test_it_queues_no_more_than_allowed(self):
        group_of(self.user, max_jobs_waiting=3)
        outcome = at_once([lambda: orders.place(user=self.user, request=REQUEST)] * 8)
        assert outcome == {"PlacedOrder": 3, "TooManyWaiting": 5}
        assert Job.objects.queued().count() == 3

    def test_it_would_queue_more_if_it_looked_first(self):
        group_of(self.user, max_jobs_waiting=3)
        barrier = Barrier(8)

        def place_after_a_look():
            catalog = UserCatalog(model_cache.read(), self.user)
            drafted = drafts.of_requests([REQUEST], catalog=catalog)
            has_room = Job.objects.of(self.user).queued().count() < 3
            barrier.wait(timeout=20)
            if has_room:
                lifecycle.insert(drafted.jobs, actor=self.user)

        at_once([place_after_a_look] * 8)
        assert Job.objects.queued().count() == 8

    def test_it_submits_no_more_at_once_than_allowed_whatever_the_models(self):
        group_of(self.user, max_jobs_at_once=2)
        self.place_on_each()
        at_once([lambda slug=slug: driver.submit(slug) for slug in self.slugs * 2])
        assert Job.objects.at_provider().count() == 2
        assert len(self.emulator.jobs) == 2

    def test_it_would_submit_more_without_the_lock(self):
        group_of(self.user, max_jobs_at_once=2)
        self.place_on_each()
        barrier = Barrier(len(self.slugs))

        def take(slug):
            model = ImageModel.objects.get(slug=slug)
            with transaction.atomic():
                chosen = [
                    job.id
                    for job in budget_choice.next_jobs(
                        Openings(model, [model.endpoint], is_limited=True), []
                    ).chosen
                ]
                barrier.wait(timeout=20)
                Job.objects.filter(id__in=chosen).update(status=Status.SUBMITTED)

        at_once([lambda slug=slug: take(slug) for slug in self.slugs])
        assert Job.objects.at_provider().count() == len(self.slugs)
