"""`accounts.webhooks.delivery`: signed, retried, slowed down, turned off, replayed."""

import time
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.db import OperationalError, transaction
from django.test import TransactionTestCase, override_settings
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.access import bans
from accounts.emails import outbox as emails
from accounts.models import WebhookAddress, WebhookMessage, WebhookOff, WebhookTopic
from accounts.webhooks import addresses, delivery, log, outbox
from accounts.webhooks import receiver as receivers
from accounts.webhooks.outbox import WebhookEvent
from generation.testing.cases import BaseTestCase, make_user, take_messages
from generation.testing.servers.webhook_receiver import receiver
from generation.testing.threads import at_once

EVENT = WebhookEvent(WebhookTopic.JOBS, "job.succeeded", {"id": "1"})


def write(address: WebhookAddress, count: int = 1) -> None:
    with transaction.atomic():
        outbox.write(address.user_id, [EVENT] * count)


def make_due() -> None:
    waiting = WebhookMessage.objects.filter(due_at__isnull=False)
    waiting.update(due_at=timezone.now())
    WebhookAddress.objects.update(paused_until=None)


class DeliveryTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.receiver = self.enterContext(receiver())
        self.address, self.secret = addresses.add(
            user=self.alice, url=self.receiver.url(), topics=WebhookTopic.values, credits_below=50
        )

    def message(self) -> WebhookMessage:
        return WebhookMessage.objects.get()

    def pause(self) -> timedelta:
        """Return the time until the next attempt of the only message."""
        due_at = self.message().due_at
        assert due_at is not None
        return due_at - timezone.now()

    def fail(self, status: int = 500, **headers: str) -> None:
        self.receiver.status, self.receiver.headers = status, headers
        write(self.address)
        delivery.send_due()
        self.address.refresh_from_db()


class TestSending(DeliveryTestCase):
    def test_it_sends_what_standard_webhooks_verifies(self) -> None:
        write(self.address)
        delivery.send_due()
        (body,) = self.receiver.verified(self.secret)
        assert (body["type"], body["data"]) == ("job.succeeded", {"id": "1"})
        (request,) = self.receiver.requests
        assert request.headers["Content-Type"] == "application/json"
        message = self.message()
        assert request.headers["webhook-id"] == message.message_id
        assert log.state_of(message) == log.MessageState.DELIVERED
        (attempt,) = message.attempt_log
        assert (attempt["status"], attempt["error"]) == (204, "")
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "A" * 44).verify(request.body, request.headers)

    def test_it_signs_with_both_secrets_for_a_day_after_a_rotation(self) -> None:
        new = addresses.rotate(self.address)
        write(self.address)
        delivery.send_due()
        assert self.receiver.verified(self.secret) == self.receiver.verified(new)
        WebhookAddress.objects.update(old_secret_until=timezone.now())
        self.receiver.requests.clear()
        write(self.address)
        delivery.send_due()
        assert self.receiver.verified(new)
        with pytest.raises(WebhookVerificationError):
            self.receiver.verified(self.secret)
        addresses.forget_old_secrets()
        assert WebhookAddress.objects.get().old_secret == ""

    def test_it_stores_no_readable_secret(self) -> None:
        assert self.secret not in str(WebhookAddress.objects.values().get())

    def test_it_sends_nothing_of_the_locked_and_the_banned(self) -> None:
        write(self.address)
        bans.ban(user=self.alice, reason="spam", until=None, actor=self.staff)
        delivery.send_due()
        bans.lift(user=self.alice, actor=self.staff)
        type(self.alice).objects.filter(pk=self.alice.pk).update(is_active=False)
        delivery.send_due()
        assert self.receiver.requests == []
        type(self.alice).objects.filter(pk=self.alice.pk).update(is_active=True)
        delivery.send_due()
        assert len(self.receiver.requests) == 1

    def test_it_sends_a_message_while_something_is_due(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            delivery.hint_if_due()
        assert take_messages() == []
        write(self.address)
        with self.captureOnCommitCallbacks(execute=True):
            delivery.hint_if_due()
        assert take_messages() == [[outbox.TASK]]


class TestFailure(DeliveryTestCase):
    def test_it_tries_ten_times_with_the_same_id_by_the_schedule(self) -> None:
        self.fail()
        pauses = []
        while self.message().due_at:
            pauses.append(self.pause())
            make_due()
            delivery.send_due()
        hours = (5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24)
        assert len(pauses) == len(hours)
        for pause, expected in zip(pauses, hours, strict=True):
            assert 0.9 * expected < pause / timedelta(hours=1) <= 1.1 * expected
        assert len(self.receiver.requests) == 10
        assert len({request.headers["webhook-id"] for request in self.receiver.requests}) == 1
        assert len({request.body for request in self.receiver.requests}) == 1
        assert log.state_of(self.message()) == log.MessageState.FAILED
        assert len(self.message().attempt_log) == 10

    def test_it_succeeds_later_and_forgets_the_failure(self) -> None:
        self.fail()
        assert self.address.failing_since
        self.receiver.status = 200
        make_due()
        delivery.send_due()
        self.address.refresh_from_db()
        assert self.address.failing_since is None
        assert self.message().delivered_at

    def test_it_follows_no_redirect(self) -> None:
        self.fail(302, Location=self.receiver.url("/other"))
        assert [request.path for request in self.receiver.requests] == ["/hook"]
        assert self.message().attempt_log[0]["status"] == 302
        assert self.message().due_at

    def test_it_keeps_retry_after_and_pauses_the_whole_address(self) -> None:
        self.fail(429, **{"Retry-After": "1000"})
        assert self.pause() > timedelta(seconds=990)
        write(self.address)
        delivery.send_due()
        assert len(self.receiver.requests) == 1

    def test_it_pauses_an_address_that_is_overloaded(self) -> None:
        for status in (502, 504):
            with self.subTest(status=status):
                WebhookMessage.objects.all().delete()
                WebhookAddress.objects.update(paused_until=None)
                self.fail(status)
                assert self.address.paused_until > timezone.now() + timedelta(seconds=50)

    def test_it_gives_up_a_silent_receiver(self) -> None:
        self.receiver.may_reply.clear()
        with mock.patch.object(receivers, "SECONDS", 0.3):
            self.fail()
        assert self.message().attempt_log[0]["error"] == "timeout"
        assert self.message().due_at

    def test_it_says_why_it_cannot_connect(self) -> None:
        for url, error in (
            ("https://127.0.0.1:1/", "address"),
            ("http://example.com/", "address"),
            ("https://[::ffff:10.0.0.1]/", "address"),
            ("https://169.254.169.254/latest/meta-data/", "address"),
            ("https://2130706433/", "address"),
        ):
            with self.subTest(url=url):
                WebhookMessage.objects.all().delete()
                WebhookAddress.objects.update(url=url)
                self.fail()
                assert self.message().attempt_log[0]["error"] == error
        WebhookAddress.objects.update(url="http://127.0.0.1:1/")
        WebhookMessage.objects.all().delete()
        with override_settings(WEBHOOK_HOSTS=["127.0.0.1:1"]):
            self.fail()
        assert self.message().attempt_log[0]["error"] == "connection"

    def test_it_refuses_a_name_that_leads_to_a_private_address(self) -> None:
        WebhookAddress.objects.update(url=f"https://localhost.example.org:{self.receiver.port}/")
        private = [(2, 1, 6, "", ("10.0.0.7", self.receiver.port))]
        with mock.patch("socket.getaddrinfo", return_value=private):
            self.fail()
        (attempt,) = self.message().attempt_log
        assert attempt["error"] == "address"
        assert "10.0.0.7" not in attempt["text"]


class TestTurningOff(DeliveryTestCase):
    def assert_off(self, reason: WebhookOff) -> None:
        self.address.refresh_from_db()
        assert self.address.disabled_reason == reason
        self.alice.refresh_from_db()
        assert self.alice.webhook_topics == ""
        emails.send_due()
        (email,) = mail.outbox
        assert email.to == ["alice@example.org"]
        assert f"/account/webhooks/{self.address.id}/" in email.body
        assert self.receiver.url() not in email.body
        assert not WebhookMessage.objects.filter(due_at__isnull=False).exists()

    def test_it_turns_off_an_address_that_is_gone(self) -> None:
        write(self.address)
        self.fail(410)
        self.assert_off(WebhookOff.GONE)
        assert "410" in mail.outbox[0].body

    def test_it_turns_off_an_address_after_three_days_of_failure(self) -> None:
        self.fail()
        WebhookAddress.objects.update(failing_since=timezone.now() - timedelta(days=2.9))
        make_due()
        delivery.send_due()
        self.address.refresh_from_db()
        assert self.address.is_on
        WebhookAddress.objects.update(failing_since=timezone.now() - timedelta(days=3))
        make_due()
        delivery.send_due()
        self.assert_off(WebhookOff.FAILING)
        assert "three days" in mail.outbox[0].body

    def test_it_is_turned_on_again(self) -> None:
        self.fail(410)
        self.receiver.status = 200
        addresses.turn_on(self.address)
        self.address.refresh_from_db()
        assert log.replay_failed(self.address, since=timezone.now() - timedelta(hours=1)) == 1
        delivery.send_due()
        assert self.message().delivered_at


class TestReplay(DeliveryTestCase):
    def test_it_sends_one_again_with_the_same_id(self) -> None:
        write(self.address)
        delivery.send_due()
        log.replay(self.message())
        delivery.send_due()
        first, second = self.receiver.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        assert len(self.message().attempt_log) == 2

    def test_it_refuses_one_that_waits_or_whose_address_is_off(self) -> None:
        write(self.address)
        with pytest.raises(log.NotFinished):
            log.replay(self.message())
        addresses.turn_off(self.address, reason=WebhookOff.OWNER)
        with pytest.raises(outbox.IsOff):
            log.replay(self.message())
        assert self.message().due_at is None

    def test_it_sends_all_failed_ones_since_a_moment_again(self) -> None:
        write(self.address, 3)
        WebhookMessage.objects.update(due_at=None)
        old = WebhookMessage.objects.earliest("id")
        WebhookMessage.objects.filter(pk=old.pk).update(
            created_at=timezone.now() - timedelta(days=2)
        )
        assert log.replay_failed(self.address, since=timezone.now() - timedelta(days=1)) == 2
        delivery.send_due()
        assert len(self.receiver.requests) == 2

    def test_it_deletes_what_is_old_and_not_due(self) -> None:
        write(self.address, 2)
        first = WebhookMessage.objects.earliest("id")
        WebhookMessage.objects.filter(pk=first.pk).update(due_at=None)
        WebhookMessage.objects.update(created_at=timezone.now() - log.KEPT - timedelta(hours=1))
        log.forget_old()
        assert WebhookMessage.objects.count() == 1


class TestManyReceivers(DeliveryTestCase):
    def add_others(self, count: int) -> None:
        for number in range(count):
            user = make_user(f"user{number}@example.org", credits=0)
            address, _ = addresses.add(
                user=user, url=self.silent.url(), topics=["jobs"], credits_below=1
            )
            write(address, 3)

    def setUp(self) -> None:
        super().setUp()
        self.silent = self.enterContext(receiver())
        self.enterContext(
            override_settings(
                WEBHOOK_HOSTS=[f"127.0.0.1:{there.port}" for there in (self.receiver, self.silent)]
            )
        )
        self.silent.may_reply.clear()

    @pytest.mark.slow
    def test_it_delivers_to_others_beside_silent_receivers(self) -> None:
        self.add_others(delivery.THREADS)
        with (
            mock.patch.object(receivers, "SECONDS", 5.0),
            mock.patch.object(delivery, "RUN_SECONDS", 0.0),  # it claims once
        ):
            self.silent.status = 500
            self.silent.may_reply.set()
            delivery.send_due()  # now they are known to fail
            assert len(self.silent.requests) == delivery.THREADS
            self.silent.may_reply.clear()
            make_due()
            write(self.address, delivery.AT_ONCE)
            delivery.send_due()
        assert len(self.receiver.requests) == delivery.AT_ONCE
        assert len(self.silent.requests) == delivery.THREADS + delivery.THREADS_OF_FAILING

    @pytest.mark.slow
    def test_it_gives_one_slow_receiver_a_few_threads_only(self) -> None:
        address, _ = addresses.add(
            user=self.bob, url=self.silent.url(), topics=["jobs"], credits_below=1
        )
        write(address, 500)
        write(self.address)
        with (
            mock.patch.object(receivers, "SECONDS", 0.5),
            mock.patch.object(delivery, "RUN_SECONDS", 0.0),
        ):
            delivery.send_due()
        assert len(self.silent.requests) == delivery.AT_ONCE
        assert len(self.receiver.requests) == 1


class TestProcesses(TransactionTestCase):
    def setUp(self) -> None:
        self.alice = make_user("alice@example.org")
        self.receiver = self.enterContext(receiver())
        self.address, self.secret = addresses.add(
            user=self.alice, url=self.receiver.url(), topics=["jobs"], credits_below=1
        )

    def test_it_claims_each_message_once(self) -> None:
        write(self.address, 40)
        at_once([lambda: delivery.claim({}) for _ in range(8)])
        assert set(WebhookMessage.objects.values_list("attempts", flat=True)) <= {0, 1}

    def test_it_sends_again_what_a_killed_process_had_claimed(self) -> None:
        write(self.address)
        delivery.claim({})
        delivery.send_due()
        assert self.receiver.requests == []
        make_due()  # its lease has ended
        delivery.send_due()
        assert len(self.receiver.requests) == 1

    def test_it_sends_again_what_it_could_not_record(self) -> None:
        write(self.address)
        attempts = WebhookMessage.objects
        with (
            mock.patch.object(
                type(attempts.all()), "update", side_effect=OperationalError("gone"), autospec=True
            ),
            self.assertLogs("accounts.webhooks.delivery", "ERROR"),
        ):
            delivery.send_due()
        assert WebhookMessage.objects.get().delivered_at is None
        make_due()
        delivery.send_due()
        assert len(self.receiver.requests) == 2
        assert WebhookMessage.objects.get().delivered_at

    def test_it_removes_an_address_that_is_being_sent_to(self) -> None:
        write(self.address, 3)
        self.receiver.may_reply.clear()

        def remove() -> None:
            while not self.receiver.requests:
                time.sleep(0.01)
            addresses.remove(self.address)
            self.receiver.may_reply.set()

        outcome: Any = at_once([delivery.send_due, remove])
        assert outcome == {"NoneType": 2}
        assert not WebhookMessage.objects.exists()
