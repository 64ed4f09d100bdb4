import re
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import TransactionTestCase
from django.urls import reverse
from django.utils import timezone

from accounts.credits import holds, ledger_check, refunds, statement
from accounts.emails import outbox
from accounts.models import CreditEntry, User
from accounts.user_data import deletion
from artgen.database.ids import first_id
from generation.admin.jobs.job_admin import JobAdmin
from generation.jobs.engine import driver
from generation.models import Job, JobEvent, Status
from generation.testing import orders
from generation.testing.cases import (
    EmulatorTestCase,
    catch_up,
    hold,
    let_time_pass,
    make_user,
)
from generation.testing.threads import at_once

LIST = "/admin/generation/job/"


class JobAdminTestCase(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)

    def act(self, action: str, *jobs: Job, **extra: str) -> list[str]:
        data = {"action": action, "_selected_action": [str(job.id) for job in jobs], **extra}
        response = self.client.post(LIST, data, follow=True)
        assert response.status_code == 200
        return [str(message) for message in response.context["messages"]]

    def logged(self) -> list[str]:
        return list(LogEntry.objects.order_by("id").values_list("change_message", flat=True))

    def draw(self, job: Job) -> Job:
        driver.submit(job.model.slug)
        self.emulator.advance(10)
        catch_up()
        job.refresh_from_db()
        return job


class TestList(JobAdminTestCase):
    def test_it_finds_by_id_prompt_email_and_runpod_id(self) -> None:
        job, other = self.place(prompt="a red barn"), self.place(prompt="a blue sea", user=self.bob)
        driver.submit("flux-schnell")
        job.refresh_from_db()
        for term in (str(job.id), "red barn", "alice@", job.runpod_id):
            response = self.client.get(LIST, {"q": term})
            assert [row.id for row in response.context["cl"].result_list] == [job.id], term
        assert job.id != other.id

    def test_it_filters_by_status_model_and_stuck(self) -> None:
        job = self.place()
        for query, found in (
            ({"status__exact": "queued"}, 1),
            ({"status__exact": "failed"}, 0),
            ({"model__id__exact": str(job.model_id)}, 1),
            ({"stuck": "yes"}, 0),
        ):
            response = self.client.get(LIST, query)
            assert len(response.context["cl"].result_list) == found, query
        driver.submit("flux-schnell")
        let_time_pass(job.id, seconds=90)
        assert len(self.client.get(LIST, {"stuck": "yes"}).context["cl"].result_list) == 1

    def ids(self, query: str = "") -> list[str]:
        response = self.client.get(LIST + query)
        assert response.status_code == 200
        return [str(job.id) for job in response.context["cl"].result_list]

    def test_it_turns_pages_both_ways_without_a_count(self) -> None:
        placed = [str(self.place().id) for _n in range(7)][::-1]
        with mock.patch.object(JobAdmin, "list_per_page", 3):
            assert [self.ids(f"?p={page}") for page in (1, 2, 3)] == [
                placed[:3],
                placed[3:6],
                placed[6:],
            ]
            page = self.client.get(f"{LIST}?status__exact=queued&q=lighthouse").content.decode()
            (older,) = re.findall(r'href="(\?[^"]*\bp=2[^"]*)"', page)
            assert "status__exact=queued" in older
            assert "q=lighthouse" in older

    def test_it_shows_the_last_30_days_unless_asked_for_more(self) -> None:
        old = self.place()
        Job.objects.filter(id=old.id).delete()
        past = first_id(timezone.now() - timedelta(days=40))
        old.id = UUID(f"{past.hex[:12]}{old.id.hex[12:]}")
        old.save(force_insert=True)
        assert self.ids() == []
        for query in ("?period=all", "?status__exact=queued", f"?q={old.id}", "?q=alice@"):
            assert self.ids(query) == [str(old.id)], query
        assert self.ids("?period=week&q=alice@") == []
        assert self.ids("?period=month&q=alice@") == []


class TestPage(JobAdminTestCase):
    def page(self, job: Job) -> str:
        response = self.client.get(reverse("admin:generation_job_change", args=[job.id]))
        assert response.status_code == 200
        return response.content.decode()

    def test_it_tells_the_history_as_a_timeline(self) -> None:
        job = self.draw(self.place())
        response = self.client.get(reverse("admin:generation_job_change", args=[job.id]))
        entries = response.context["timeline"]
        assert entries[0].event.name == "placed"
        accepted = next(entry for entry in entries if entry.event.name == "submitted")
        assert (accepted.title, accepted.runpod_id) == ("Accepted by the provider", job.runpod_id)
        assert entries[-1].title == "Image saved, credits charged"

    def test_it_says_why_a_job_is_stuck(self) -> None:
        job = self.place()
        assert "data-stuck" not in self.page(job)
        driver.submit("flux-schnell")
        let_time_pass(job.id, seconds=90)
        page = self.page(job)
        assert "data-stuck" in page
        assert "check overdue by" in page

    def test_it_shows_what_the_vendor_said_and_escapes_it(self) -> None:
        job = self.place()
        self.emulator.faults.next("run", "refuse_400")
        driver.submit("flux-schnell")
        Job.objects.filter(id=job.id).update(error_detail="<script>boom</script>")
        page = self.page(job)
        assert "emulated fault: refuse_400" in page
        assert "<script>boom" not in page

    def test_it_offers_only_what_is_possible(self) -> None:
        job = self.place()
        assert 'value="cancel"' in self.page(job)
        assert 'value="retry"' not in self.page(job)
        self.act("cancel", job)
        assert 'value="cancel"' not in self.page(job)
        assert 'value="retry"' in self.page(job)

    def test_it_changes_nothing_by_form(self) -> None:
        job = self.place()
        response = self.client.post(
            reverse("admin:generation_job_change", args=[job.id]),
            {"status": "succeeded", "prompt": "other"},
        )
        assert response.status_code == 403
        job.refresh_from_db()
        assert (job.status, job.prompt) == (Status.QUEUED, "a lighthouse at dusk")


class TestAction(JobAdminTestCase):
    def test_it_looks_again_at_once_and_says_who_asked(self) -> None:
        job, ended = self.place(), self.place()
        driver.submit("flux-schnell")
        self.act("cancel", ended)
        job.refresh_from_db()
        assert job.due_at > job.submitted_at
        job.due_at += timedelta(hours=1)
        job.save(update_fields=["due_at"])
        messages = self.act("look_again", job, ended)
        assert len(messages) == 2
        assert messages[0].startswith("Checking 1 job")
        due_before = job.due_at
        job.refresh_from_db()
        assert job.due_at < due_before
        event = JobEvent.objects.get(name="hurried")
        assert (event.job_id, event.actor) == (job.id, self.staff)
        assert self.logged() == ["canceled", "check requested"]

    def test_it_leaves_a_job_of_unknown_fate_to_its_webhook(self) -> None:
        job = self.place()
        self.emulator.faults.next("run", "break_after")
        driver.submit("flux-schnell")
        job.refresh_from_db()
        assert (job.status, job.runpod_id) == (Status.SUBMITTED, "")
        due_before = job.due_at
        messages = self.act("look_again", job)
        assert "waiting for the provider’s webhook" in messages[0]
        job.refresh_from_db()
        assert job.due_at == due_before

    def test_it_cancels_what_can_be_canceled_and_counts_the_rest(self) -> None:
        done = self.place()
        self.draw(done)
        waiting = self.place()
        messages = self.act("cancel", done, waiting)
        assert messages == [
            "1 job is canceled.",
            "1 skipped: It has finished or is being saved and can’t be canceled.",
        ]
        waiting.refresh_from_db()
        assert (waiting.status, waiting.error_code) == (Status.CANCELED, "stopped_by_staff")
        assert JobEvent.objects.get(job=waiting, name="canceled").actor == self.staff
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (100 - done.credits, 0)

    def test_it_retries_failed_jobs_once_at_their_owners_cost(self) -> None:
        failed = self.place(seed=7)
        self.emulator.faults.next("run", "refuse_400")
        driver.submit("flux-schnell")
        waiting = self.place()
        failed.refresh_from_db()
        assert failed.status == Status.FAILED
        messages = self.act("retry", failed, waiting)
        assert messages == [
            "1 job is queued again.",
            "1 skipped: only failed and canceled jobs are retried.",
        ]
        again = Job.objects.exclude(id__in=[failed.id, waiting.id]).get()
        assert (again.user, again.seed, again.status) == (self.alice, 7, Status.QUEUED)
        event = again.events.get()
        assert (event.name, event.actor, event.detail) == (
            "placed",
            self.staff,
            f"again {failed.id}",
        )
        assert self.act("retry", failed) == ["1 skipped: it was already retried."]
        assert self.logged() == ["retried"]
        assert Job.objects.count() == 3

    def test_it_never_takes_a_users_own_key_for_a_retry_by_staff(self) -> None:
        job = self.place()
        self.act("cancel", job)
        request = {"model": "flux-schnell", "prompt": "mine", "width": 256, "height": 256}
        orders.place(user=self.alice, request=request, key=f"retry {job.id}")
        assert self.act("retry", job) == ["1 job is queued again."]
        assert Job.objects.count() == 3

    def test_it_retries_nothing_for_a_locked_account(self) -> None:
        job = self.place()
        self.act("cancel", job)
        deletion.close(user=self.alice, after=deletion.GRACE)
        assert self.act("retry", job) == ["1 skipped: the user’s account is locked."]
        assert Job.objects.count() == 1

    def test_it_comes_back_to_the_page_whose_button_was_pressed(self) -> None:
        job = self.place()
        data = {"action": "cancel", "_selected_action": str(job.id), "from_page": "1"}
        self.assertRedirects(
            self.client.post(LIST, data), reverse("admin:generation_job_change", args=[job.id])
        )


class TestRefund(JobAdminTestCase):
    def refund(self, job: Job, **data: Any) -> Any:
        return self.client.post(f"{LIST}{job.id}/refund/", {"reason": "wrong colors"} | data)

    def test_it_returns_credits_of_a_finished_job_once(self) -> None:
        job = self.finish(self.place(seed=1))
        price, before = job.credits, User.objects.get(pk=job.user_id).credits
        page = f"{LIST}{job.id}/change/"
        self.assertContains(self.client.get(page), f"{LIST}{job.id}/refund/")
        self.assertContains(self.client.get(f"{LIST}{job.id}/refund/"), f'value="{price}"')
        self.assertContains(self.refund(job, amount=price + 1), "The job was charged")
        self.assertRedirects(self.refund(job, amount=price), page)
        self.assertContains(self.refund(job, amount=price), "already refunded")
        assert User.objects.get(pk=job.user_id).credits == before + price
        assert ledger_check.check() == []
        assert self.logged() == [f"refunded {price} credits: wrong colors"]
        outbox.send_due()
        assert [(email.to, "wrong colors" in email.body) for email in mail.outbox] == [
            ([job.user.email], True)
        ]
        shown = self.client.get(page)
        self.assertNotContains(shown, f"{LIST}{job.id}/refund/")
        self.assertContains(shown, "returned")
        (line, _image, _start) = statement.lines(statement.beginnings(job.user))
        assert (line.what, line.title, line.amount) == ("Refund", "wrong colors", price)

    def test_it_returns_nothing_of_a_job_in_progress(self) -> None:
        self.assertContains(self.refund(self.place(), amount=1), "The job was charged 0")
        assert not CreditEntry.objects.exclude(external_reference=None).exists()

    def test_it_needs_the_right_to_grant_credits(self) -> None:
        job, helper = self.finish(self.place()), make_user("helper@example.org", is_staff=True)
        rights = {
            name: Permission.objects.get(codename=name) for name in ("view_job", "add_creditentry")
        }
        self.client.force_login(helper)
        for granted, status in (("view_job",), 403), (("add_creditentry",), 403), (rights, 302):
            helper.user_permissions.set([rights[name] for name in granted])
            assert self.refund(job, amount=1).status_code == status


class TestRefundRace(TransactionTestCase):
    def test_it_returns_once_for_two_members_of_staff(self) -> None:
        user, staff = make_user("alice@example.org"), make_user("staff@example.org", is_staff=True)
        reference = hold(user=user, amount=5).reference
        holds.settle(reference=reference)
        job = Job(id=reference)
        refund = lambda: refunds.refund(  # noqa: E731
            user=user, job=job, amount=2, reason="race", actor=staff
        )
        assert at_once([refund] * 4) == {"CreditEntry": 1, "AlreadyRefunded": 3}
        assert ledger_check.check() == []
