"""/jobs/ID/ and /runs/ID/ with what can be done there."""

import re

from django.test import override_settings
from django.urls import reverse

from accounts.models import User
from generation.jobs.engine import job_control, lifecycle
from generation.jobs.live import failure_advice
from generation.jobs.live.status_text import ERROR_CODES
from generation.jobs.placing import drafts
from generation.models import GenerationSwitch, Job
from generation.testing import orders
from generation.testing.pages.html import flat
from generation.testing.pages.job_pages import PLACEHOLDER, JobPagesTestCase

SCRIPT = {"X-Part": "1"}


class TestCard(JobPagesTestCase):
    def card(self, job=None, **query):
        return self.client.get(reverse("card", args=[(job or self.job).id]), query)

    def test_it_says_where_a_waiting_job_stands_and_how_to_cancel_it(self):
        card = self.card()
        assert 'data-status="queued" data-version="1"' in flat(card)
        self.assertContains(card, reverse("cancel_job", args=[self.job.id]))
        assert 'data-while="submitted running storing" hidden></progress>' in flat(card)

    def test_it_shows_the_progress_that_is_known_and_none_that_is_not(self):
        self.run_job(self.job)
        self.assertNotContains(self.card(), '<progress class="progress" max="1" value')
        job = self.run_job(self.place(self.alice), progress=0.25, step=1, step_count=4)
        assert 'max="1" value="0.250"' in flat(self.card(job))
        self.assertContains(self.card(job), "Generating · step 1 of 4")

    def test_it_shows_the_picture_in_its_final_shape(self):
        job = self.finish(self.place(self.alice, width=1344, height=768))
        self.assertContains(self.card(job), PLACEHOLDER.partition(",")[2])
        card = self.card(job, plain="")
        self.assertContains(card, 'width="1344" height="768"')
        self.assertContains(card, 'alt="a lighthouse"')
        self.assertContains(card, reverse("image", args=[job.images.get().id]))

    def test_it_saves_through_our_own_address_for_browsers_save_nothing_from_another_host(self):
        job = self.finish(self.place(self.alice))
        link = f'href="{reverse("download_image", args=[job.images.get().id])}" download'
        self.assertContains(self.card(job, plain=""), link)
        self.assertContains(self.client.get(f"/jobs/{job.id}/"), link)

    def test_it_offers_another_try_for_a_failure_but_not_for_a_refused_prompt(self):
        lifecycle.fail(self.run_job(self.job), code="gpu_lost")
        self.assertContains(self.card(), "Try again")
        refused = lifecycle.fail(self.run_job(self.place(self.alice)), code="prompt_refused")
        self.assertNotContains(self.card(refused), "Try again")
        self.assertContains(self.card(refused), "Prompt not allowed")


class TestDismissPage(JobPagesTestCase):
    def failed(self, **fields):
        return lifecycle.fail(self.run_job(self.job), **{"code": "gpu_lost"} | fields)

    def dismiss(self, job, **fields):
        return self.client.post(reverse("dismiss_job", args=[job.id]), fields, headers=SCRIPT)

    def test_it_hides_a_failed_job_in_the_feed_and_shows_it_again(self):
        job = self.failed()
        assert self.dismiss(job).status_code == 204
        self.assertNotContains(self.client.get(reverse("create")), f'data-job="{job.id}"')
        assert self.client.get(reverse("run", args=[job.id])).status_code == 404
        self.assertContains(self.client.get(reverse("job", args=[job.id])), "Failed")
        self.assertContains(self.dismiss(job, undo="1"), f'data-job="{job.id}"')
        self.assertContains(self.client.get(reverse("create")), f'data-job="{job.id}"')

    def test_it_leaves_jobs_alone_that_run_or_have_images(self):
        done = self.finish(self.place(self.alice))
        for job in (self.job, done, self.hidden):
            with self.subTest(job.status):
                assert self.dismiss(job).status_code == 404
        assert not Job.objects.filter(dismissed_at__isnull=False).exists()

    def test_it_hides_all_that_failed_or_were_canceled_with_one_undo(self):
        earlier, failed = (
            self.failed(),
            lifecycle.fail(self.run_job(self.place(self.alice)), code="gpu_lost"),
        )
        canceled = job_control.cancel(job=self.place(self.alice), actor=self.alice)
        done, waiting = self.finish(self.place(self.alice)), self.place(self.alice)
        others = lifecycle.fail(self.run_job(self.place(self.bob)), code="gpu_lost")
        self.dismiss(earlier)
        url = reverse("dismiss_all_jobs")
        answer = self.client.post(url, headers=SCRIPT).json()
        assert answer["text"] == "2 dismissed."
        shown = set(Job.objects.shown().values_list("id", flat=True))
        assert not shown & {earlier.id, failed.id, canceled.id}
        assert {done.id, waiting.id, others.id} <= shown
        for undo in ("nonsense", "0001-01-01T00:00+14:00", ""):
            assert self.client.post(url, {"undo": undo}, headers=SCRIPT).status_code == 400
        self.client.force_login(self.bob)
        self.client.post(url, {"undo": answer["undo"]}, headers=SCRIPT)
        assert set(Job.objects.shown().values_list("id", flat=True)) == shown
        self.client.force_login(self.alice)
        undone = self.client.post(url, {"undo": answer["undo"]}, headers=SCRIPT)
        assert undone.status_code == 204
        assert set(Job.objects.shown().values_list("id", flat=True)) == shown | {
            failed.id,
            canceled.id,
        }

    def test_it_offers_to_hide_all_where_several_failed(self):
        for count, offers in ((1, False), (2, True)):
            lifecycle.fail(self.run_job(self.place(self.alice)), code="gpu_lost")
            page = flat(self.client.get(reverse("create")))
            with self.subTest(count):
                form = re.search(r"<form [^>]*data-dismiss-all[^>]*>", page)[0]
                assert ("hidden" not in form) == offers
        answer = self.client.post(reverse("dismiss_all_jobs"), follow=True)
        self.assertContains(answer, "2 dismissed.")
        undo = re.search(r'name="undo" value="([^"]+)"', flat(answer))[1]
        self.client.post(reverse("dismiss_all_jobs"), {"undo": undo})
        self.assertContains(self.client.get(reverse("create")), 'class="ended-title"', count=2)


class TestWhy(JobPagesTestCase):
    def card(self, code, **fields):
        job = lifecycle.fail(self.run_job(self.place(self.alice)), code=code, **fields)
        return flat(self.client.get(reverse("card", args=[job.id])))

    def test_it_says_what_to_do_and_what_became_of_the_credits(self):
        card = self.card("gpu_lost", detail="Traceback: worker-17.internal")
        for text in (
            "The GPU disconnected during generation.",
            "Your prompt isn’t the reason. Try again.",
            "1 credit was held and has been returned. Nothing was charged.",
        ):
            assert text in card
        assert "worker-17" not in card

    def test_it_offers_other_settings_where_the_same_again_would_fail(self):
        for code in failure_advice.SAME_AGAIN:
            with self.subTest(code):
                card = self.card(code)
                assert "data-retry" not in card
                assert ("Change prompt" if code == "prompt_refused" else "Change settings") in card

    def test_it_has_advice_for_every_code(self):
        assert set(failure_advice.ADVICE) == set(ERROR_CODES)


class TestCancelPage(JobPagesTestCase):
    def test_it_cancels_and_shows_the_card(self):
        answer = self.client.post(reverse("cancel_job", args=[self.job.id]), headers=SCRIPT)
        self.assertContains(answer, 'data-status="canceled"')
        assert (answer["X-Credits"], answer["X-Held"]) == ("100", "0")

    def test_it_leaves_a_finished_job_alone_and_says_why(self):
        self.finish(self.job)
        answer = self.client.post(reverse("cancel_job", args=[self.job.id]), headers=SCRIPT)
        self.assertContains(answer, "It has finished or is being saved", status_code=409)
        self.job.refresh_from_db()
        assert self.job.status == "succeeded"


class TestRetryPage(JobPagesTestCase):
    def test_it_queues_the_same_again(self):
        job_control.cancel(job=self.job, actor=self.alice)
        answer = self.client.post(reverse("retry_job", args=[self.job.id]), headers=SCRIPT)
        again = Job.objects.of(self.alice).exclude(id=self.job.id).get()
        self.assertContains(answer, str(again.id), status_code=201)
        assert (again.seed, again.prompt, again.status) == (
            self.job.seed,
            self.job.prompt,
            "queued",
        )

    def test_it_says_why_not_and_stores_nothing(self):
        job_control.cancel(job=self.job, actor=self.alice)
        address = reverse("retry_job", args=[self.job.id])
        User.objects.filter(pk=self.alice.pk).update(credits=0)
        self.assertContains(
            self.client.post(address, headers=SCRIPT),
            "1\N{NO-BREAK SPACE}credit more needed",
            status_code=402,
        )
        with override_settings(MAX_WAITING_PER_USER=0):
            User.objects.filter(pk=self.alice.pk).update(credits=100)
            assert self.client.post(address, headers=SCRIPT).status_code == 429
        GenerationSwitch.objects.create(on=False, message="Back at 14:00.")
        self.assertContains(
            self.client.post(address, headers=SCRIPT), "Back at 14:00.", status_code=503
        )
        assert Job.objects.of(self.alice).count() == 1


class TestRunPage(JobPagesTestCase):
    def setUp(self):
        super().setUp()
        request = {"model": "flux-schnell", "prompt": "four kites"}
        self.batch = orders.place_batch(user=self.alice, requests=drafts.repeated(request, count=4))

    def test_it_cancels_what_can_still_be_canceled(self):
        done = self.finish(self.batch.jobs[0])
        answer = self.client.post(reverse("cancel_run", args=[self.batch.batch]), headers=SCRIPT)
        self.assertContains(answer, 'data-status="canceled"', count=3)
        self.assertContains(answer, f'data-job="{done.id}" data-image=')
        self.job.refresh_from_db()
        assert self.job.status == "queued"

    def test_it_says_how_many_the_daily_limit_of_cancellations_allows(self):
        User.objects.filter(pk=self.alice.pk).update(max_cancels_per_day=3)
        job_control.cancel(job=self.job, actor=self.alice)
        url, why = reverse("cancel_run", args=[self.batch.batch]), "cancellations a day is reached"
        answer = self.client.post(url, headers=SCRIPT)
        text = answer.content.decode()
        assert (answer.status_code, int(answer["Retry-After"]) > 0) == (429, True)
        assert text.startswith("2 images canceled. Returned: 2\N{NO-BREAK SPACE}credits. The limit")
        assert why in text
        statuses = Job.objects.filter(batch=self.batch.batch).order_by("id")
        assert list(statuses.values_list("status", flat=True)) == [
            *("queued", "queued", "canceled", "canceled")
        ]
        page = self.client.post(url, follow=True)
        self.assertNotContains(page, "0 images canceled")
        self.assertContains(page, why)


class TestFeed(JobPagesTestCase):
    def test_it_shows_own_jobs_newest_first(self):
        newer = self.place(self.alice, prompt="a newer one")
        page = self.client.get(reverse("create")).content.decode()
        assert page.index(f"run-{newer.id}") < page.index(f"run-{self.job.id}")
        assert str(self.hidden.id) not in page

    def test_it_filters_by_what_is_active_and_done(self):
        done = self.finish(self.place(self.alice))
        active = self.client.get(reverse("create"), {"show": "active"})
        self.assertContains(active, str(self.job.id))
        self.assertNotContains(active, f'data-job="{done.id}"')
        finished = self.client.get(reverse("create"), {"show": "done"})
        self.assertContains(finished, f'data-job="{done.id}"')
        self.assertNotContains(finished, f'data-job="{self.job.id}"')

    def test_it_leaves_out_what_is_in_the_trash(self):
        gone = self.finish(self.place(self.alice), trashed=True)
        self.assertNotContains(self.client.get(reverse("create")), str(gone.id))

    def test_it_greets_a_newcomer_with_examples(self):
        self.client.force_login(self.staff)
        self.assertContains(self.client.get(reverse("create")), "Create your first image")
