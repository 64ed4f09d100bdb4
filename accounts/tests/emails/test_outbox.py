"""`accounts.emails.outbox`: emails are sent by a worker, retried, and never kept longer than needed."""

import smtplib
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import tasks
from accounts.emails import outbox
from accounts.models import OutgoingEmail
from accounts.user_data import deletion
from artgen.processes.celery import app
from generation.testing.cases import BaseTestCase
from generation.testing.servers.dead_servers import dead_broker

SECRET = "https://art.example/accounts/reset/secret/"


class FailingBackend(BaseEmailBackend):
    """A mail server that answers every email with `error`."""

    error: Exception

    def send_messages(self, email_messages: list[EmailMessage]) -> int:
        raise self.error


class SlowBackend(BaseEmailBackend):
    """A mail server that fails after another worker has claimed the email."""

    claimed_until = timezone.now() + timedelta(days=1)

    def send_messages(self, email_messages: list[EmailMessage]) -> int:
        OutgoingEmail.objects.update(due_at=self.claimed_until, attempts=2)
        raise ConnectionRefusedError(111, "Connection refused")


def failing_with(error: Exception) -> Any:
    FailingBackend.error = error
    return override_settings(EMAIL_BACKEND=f"{__name__}.FailingBackend")


def down() -> Any:
    return failing_with(ConnectionRefusedError(111, "Connection refused"))


def refused(code: int) -> Any:
    return failing_with(smtplib.SMTPRecipientsRefused({"alice@example.org": (code, b"No.")}))


def enqueue(to: str = "alice@example.org", **options: Any) -> None:
    outbox.enqueue(EmailMessage("Subject", SECRET, to=[to]), **options)


def make_due() -> None:
    OutgoingEmail.objects.update(due_at=timezone.now())


class TestSend(BaseTestCase):
    def test_it_sends_what_was_enqueued_and_forgets_it(self) -> None:
        enqueue()
        enqueue("bob@example.org")
        assert mail.outbox == []
        tasks.send_emails()
        assert [(email.to, email.subject, email.body) for email in mail.outbox] == [
            (["alice@example.org"], "Subject", SECRET),
            (["bob@example.org"], "Subject", SECRET),
        ]
        assert not OutgoingEmail.objects.exists()

    def test_it_discards_without_sending(self) -> None:
        enqueue(discard=True)
        assert OutgoingEmail.objects.get().recipient == ""
        outbox.send_due()
        assert mail.outbox == []
        assert not OutgoingEmail.objects.exists()

    def test_it_sends_nothing_of_a_transaction_that_is_rolled_back(self) -> None:
        with transaction.atomic():
            enqueue()
            transaction.set_rollback(True)
        outbox.send_due()
        assert mail.outbox == []

    def test_it_leaves_alone_what_another_worker_sends(self) -> None:
        enqueue()
        OutgoingEmail.objects.update(due_at=timezone.now() + outbox.LEASE)
        outbox.send_due()
        assert mail.outbox == []
        make_due()  # that worker died
        outbox.send_due()
        assert len(mail.outbox) == 1


class TestMessage(BaseTestCase):
    def test_it_tells_a_worker_after_commit(self) -> None:
        with mock.patch.object(app, "send_task") as send_task:
            with self.captureOnCommitCallbacks(execute=True):
                enqueue()
                assert not send_task.called
            assert send_task.call_args.args == ("accounts.send_emails",)

    def test_it_fails_no_request_while_the_broker_is_down(self) -> None:
        down = OperationalError("Connection refused")
        with (
            dead_broker(),
            mock.patch.object(app, "send_task", side_effect=down),
            self.assertLogs("artgen.database.breaker", "ERROR"),
            self.captureOnCommitCallbacks(execute=True),
        ):
            response = self.client.post("/accounts/signup/", {"email": "new@example.org"})
        assert response.status_code == 302
        outbox.send_due()  # beat makes a worker do this every minute
        assert [email.to for email in mail.outbox] == [["new@example.org"]]


class TestFailure(BaseTestCase):
    def test_it_tries_again_later_and_later(self) -> None:
        enqueue()
        pauses = []
        for _n in range(4):
            make_due()
            with down(), self.assertLogs("accounts.emails.outbox", "WARNING"):
                outbox.send_due()
            pauses.append(OutgoingEmail.objects.get().due_at - timezone.now())
        minutes = [round(pause / timedelta(minutes=1)) for pause in pauses]
        assert minutes == [1, 2, 4, 8]
        assert "Connection refused" in OutgoingEmail.objects.get().last_error
        make_due()
        outbox.send_due()
        assert len(mail.outbox) == 1
        assert not OutgoingEmail.objects.exists()

    def test_it_leaves_an_email_to_the_worker_that_sends_it_after_the_lease(self) -> None:
        enqueue()
        backend = override_settings(EMAIL_BACKEND=f"{__name__}.SlowBackend")
        with backend, self.assertLogs("accounts.emails.outbox", "WARNING"):
            outbox.send_due()
        email = OutgoingEmail.objects.get()
        assert (email.due_at, email.attempts, email.last_error) == (
            SlowBackend.claimed_until,
            2,
            "",
        )

    def test_it_keeps_trying_every_hour_while_the_links_in_it_are_valid(self) -> None:
        enqueue()
        OutgoingEmail.objects.update(
            attempts=60, created_at=timezone.now() - outbox.GIVE_UP_AFTER + timedelta(hours=1)
        )
        with down(), self.assertLogs("accounts.emails.outbox", "WARNING"):
            outbox.send_due()
        due_at = OutgoingEmail.objects.get().due_at
        assert due_at is not None
        assert abs(due_at - timezone.now() - timedelta(hours=1)) < timedelta(minutes=1)

    def test_it_sends_others_although_one_fails(self) -> None:
        enqueue()
        with down(), self.assertLogs("accounts.emails.outbox", "WARNING"):
            outbox.send_due()
        enqueue("bob@example.org")
        outbox.send_due()
        assert [email.to for email in mail.outbox] == [["bob@example.org"]]

    def test_it_stores_the_text_encrypted(self) -> None:
        enqueue()
        assert SECRET not in OutgoingEmail.objects.get().body
        outbox.send_due()
        assert [email.body for email in mail.outbox] == [SECRET]

    def test_it_sends_no_text_that_it_cannot_decrypt(self) -> None:
        enqueue()
        with (
            override_settings(SECRET_KEY="x" * 50),
            self.assertLogs("accounts.emails.outbox", "WARNING"),
        ):
            outbox.send_due()
        assert mail.outbox == []
        assert OutgoingEmail.objects.get().last_error

    def test_it_gives_up_in_the_end_and_erases_the_text(self) -> None:
        enqueue()
        OutgoingEmail.objects.update(created_at=timezone.now() - outbox.GIVE_UP_AFTER)
        with down(), self.assertLogs("accounts.emails.outbox", "ERROR") as logs:
            outbox.send_due()
        email = OutgoingEmail.objects.get()
        assert (email.due_at, email.body) == (None, "")
        assert SECRET not in "".join(logs.output)
        outbox.send_due()
        assert mail.outbox == []

    def test_it_does_not_insist_where_the_recipient_is_refused(self) -> None:
        for code, is_given_up in ((450, False), (550, True)):
            OutgoingEmail.objects.all().delete()
            enqueue()
            with refused(code), self.assertLogs("accounts.emails.outbox", "WARNING"):
                outbox.send_due()
            email = OutgoingEmail.objects.get()
            assert (email.due_at is None, email.body == "") == (is_given_up, is_given_up)

    def test_it_is_refused_by_the_database_with_the_text_of_an_abandoned_email(self) -> None:
        enqueue()
        with pytest.raises(IntegrityError), transaction.atomic():
            OutgoingEmail.objects.update(due_at=None)

    def test_it_deletes_abandoned_emails_after_a_week(self) -> None:
        enqueue()
        OutgoingEmail.objects.update(due_at=None, body="")
        tasks.send_emails()
        assert OutgoingEmail.objects.count() == 1
        OutgoingEmail.objects.update(created_at=timezone.now() - outbox.FAILED_KEPT)
        tasks.send_emails()
        assert not OutgoingEmail.objects.exists()

    def test_it_leaves_no_email_to_an_erased_account(self) -> None:
        enqueue()
        enqueue("bob@example.org")
        deletion.close(user=self.alice, after=timedelta(0))
        deletion.anonymize(self.alice.pk)
        assert [email.recipient for email in OutgoingEmail.objects.all()] == ["bob@example.org"]


class TestAdmin(BaseTestCase):
    ADDRESS = "/admin/accounts/outgoingemail/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)
        enqueue()
        with down(), self.assertLogs("accounts.emails.outbox", "WARNING"):
            outbox.send_due()
        self.email = OutgoingEmail.objects.get()

    def send_now(self) -> str:
        response = self.client.post(
            self.ADDRESS, {"action": "send_now", "_selected_action": [self.email.pk]}, follow=True
        )
        return response.content.decode()

    def test_it_shows_why_an_email_is_not_sent_and_never_its_text(self) -> None:
        pages = [self.ADDRESS, f"{self.ADDRESS}?state=failing", f"{self.ADDRESS}{self.email.pk}/"]
        for page in pages:
            text = self.client.get(page, follow=True).content.decode()
            assert "alice@example.org" in text
            assert "Connection refused" in text
            assert SECRET not in text
        for state in ("waiting", "given_up"):
            text = self.client.get(f"{self.ADDRESS}?state={state}").content.decode()
            assert "Connection refused" not in text

    def test_it_tries_again_at_once(self) -> None:
        assert "1 email is sent within a minute." in self.send_now()
        outbox.send_due()
        assert len(mail.outbox) == 1

    def test_it_leaves_alone_what_is_being_sent_or_given_up(self) -> None:
        lease = timezone.now() + outbox.LEASE
        OutgoingEmail.objects.update(due_at=lease, last_error="")  # as `send_due` claims it
        assert "The email is being sent." in self.send_now()
        assert OutgoingEmail.objects.get().due_at == lease
        OutgoingEmail.objects.update(due_at=None, body="")
        assert "Sending was stopped" in self.send_now()


def test_it_counts_emails_by_state(db: None) -> None:
    for _number in range(3):
        enqueue()
    waiting, failing, given_up = OutgoingEmail.objects.order_by("id")
    OutgoingEmail.objects.filter(pk=failing.pk).update(last_error="450", attempts=1)
    OutgoingEmail.objects.filter(pk=given_up.pk).update(due_at=None, body="")
    found = outbox.totals()
    assert found.by_state == dict.fromkeys(outbox.EmailState, 1)
    assert found.due_since == waiting.due_at
