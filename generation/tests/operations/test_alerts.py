"""Alerts without Prometheus: when they start and end, who gets them, and how."""

import io
import json
import re
import socket
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import F
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from accounts.emails import outbox
from accounts.models import OutgoingEmail, WebhookMessage
from accounts.webhooks import delivery
from generation.models import Alert, AlertNews
from generation.operations.alerts import messages, records, webhook, webhook_address
from generation.operations.alerts.conditions import CONDITIONS
from generation.operations.alerts.measurements import Findings
from generation.operations.alerts.messages import AlertMessage
from generation.operations.alerts.watching import Watch
from generation.testing.cases import make_user
from generation.testing.servers.raw_server import http, raw_server
from generation.testing.services import free_port
from generation.testing.threads import in_threads

NAME = "DiskFull"
VALUES = {"contents": "images", "free": "1 GB", "percent": 3}
WRONG = Findings(wrong={NAME: VALUES})
SECRET = "bot123:TOKEN"


@contextmanager
def receiver():
    """Serve a webhook that answers `status` and remembers what it was sent."""
    found = SimpleNamespace(status=200, received=[])

    def answer(connection: socket.socket) -> None:
        _head, _, body = server.requests[-1].partition(b"\r\n\r\n")
        found.received.append(json.loads(body))
        connection.sendall(http(f"{found.status} Status", b"", "Location: /elsewhere"))

    with raw_server(answer) as server:
        url = f"http://127.0.0.1:{server.port}/{SECRET}/sendMessage?chat_id=42"
        with override_settings(ALERT_WEBHOOK_URL=url):
            yield found


def let_pass(*, minutes: float = 0, days: float = 0) -> None:
    back = timedelta(minutes=minutes, days=days)
    for column in ("started_at", "seen_at", "notified_at"):
        Alert.objects.filter(ended_at=None).update(**{column: F(column) - back})
    WebhookMessage.objects.update(due_at=F("due_at") - back)


def subjects() -> list[str]:
    return list(OutgoingEmail.objects.order_by("id").values_list("subject", flat=True))


class TestRecords(TestCase):
    def setUp(self) -> None:
        self.enterContext(override_settings(ALERT_WEBHOOK_URL="https://hooks.example.org/x"))
        self.chief = make_user("chief@example.org", is_staff=True, is_superuser=True)
        make_user("moderator@example.org", is_staff=True)
        make_user("alice@example.org")

    def started(self) -> None:
        records.apply(WRONG)
        let_pass(minutes=5)
        records.apply(WRONG)

    def news(self) -> list[str]:
        bodies = WebhookMessage.objects.order_by("id").values_list("body", flat=True)
        return [json.loads(body)["news"] for body in bodies]

    def test_it_tells_superusers_once_when_it_has_lasted(self) -> None:
        records.apply(WRONG)
        let_pass(minutes=4)
        records.apply(WRONG)
        assert (subjects(), self.news()) == ([], [])
        let_pass(minutes=1)
        for _ in range(3):
            records.apply(WRONG)
        (email,) = OutgoingEmail.objects.all()
        assert email.recipient == "chief@example.org"
        assert email.subject.startswith("Problem: The disk with images has only 1 GB left (3 %).")
        assert "Delete what is not needed" in outbox.text_of(email)
        assert self.news() == [AlertNews.STARTED]

    def test_it_tells_nobody_of_what_was_short(self) -> None:
        records.apply(WRONG)
        let_pass(minutes=2)
        records.apply(Findings())
        assert (Alert.objects.count(), subjects(), self.news()) == (0, [], [])

    def test_it_tells_once_that_it_is_over(self) -> None:
        self.started()
        records.apply(Findings())
        assert self.news() == [AlertNews.STARTED], "figures vary around their limit"
        let_pass(minutes=2)
        for _ in range(3):
            records.apply(Findings())
        assert self.news() == [AlertNews.STARTED, AlertNews.ENDED]
        assert [subject.partition(":")[0] for subject in subjects()] == ["Problem", "Solved"]
        assert Alert.objects.get().ended_at is not None
        self.started()
        assert self.news()[2:] == [AlertNews.STARTED], "a new one is a new alert"

    def test_it_stays_while_it_cannot_be_measured(self) -> None:
        self.started()
        let_pass(minutes=60)
        records.apply(Findings(unknown={NAME}))
        assert self.news() == [AlertNews.STARTED]

    def test_it_reminds_once_a_day(self) -> None:
        self.started()
        let_pass(days=0.9)
        records.apply(WRONG)
        assert self.news() == [AlertNews.STARTED]
        let_pass(days=0.1)
        records.apply(WRONG)
        records.apply(WRONG)
        assert self.news() == [AlertNews.STARTED, AlertNews.REMINDER]
        assert subjects()[-1].startswith("Still a problem: ")

    def test_it_writes_to_the_addresses_of_the_setting_instead(self) -> None:
        with override_settings(ALERT_EMAILS=["ops@example.org", "night@example.org"]):
            self.started()
        found = set(OutgoingEmail.objects.values_list("recipient", flat=True))
        assert found == {"ops@example.org", "night@example.org"}

    def test_it_can_write_to_nobody(self) -> None:
        with override_settings(ALERT_EMAILS=["none"], ALERT_WEBHOOK_URL=""):
            self.started()
        assert (subjects(), self.news()) == ([], [])
        assert Alert.objects.get().notified_at is not None

    def test_it_forgets_old_ones(self) -> None:
        ended_at = timezone.now() - records.KEPT - timedelta(days=1)
        Alert.objects.create(
            name=NAME,
            started_at=ended_at,
            seen_at=ended_at,
            notified_at=ended_at,
            ended_at=ended_at,
        )
        records.apply(Findings())
        assert not Alert.objects.exists()


class TestMachines(TransactionTestCase):
    def test_many_that_check_at_once_tell_once(self) -> None:
        make_user("chief@example.org", is_superuser=True)
        in_threads(8, lambda _: records.apply(WRONG))
        assert Alert.objects.count() == 1
        let_pass(minutes=10)
        in_threads(8, lambda _: records.apply(WRONG))
        assert len(subjects()) == 1
        let_pass(minutes=10)
        in_threads(8, lambda _: records.apply(Findings()))
        assert len(subjects()) == 2


@override_settings(LANGUAGE_CODE="en")
class TestWebhook(TestCase):
    def setUp(self) -> None:
        self.write()

    def write(self) -> None:
        webhook.write(AlertMessage(NAME, VALUES, AlertNews.STARTED, timezone.now()))

    def message(self) -> WebhookMessage:
        return WebhookMessage.objects.latest("id")

    def is_delivered(self) -> bool:
        message = self.message()
        return message.due_at is None and message.delivered_at is not None

    def is_given_up(self) -> bool:
        message = self.message()
        return message.due_at is None and message.delivered_at is None

    def test_it_posts_text_and_fields(self) -> None:
        with receiver() as found:
            webhook.send_due()
            webhook.send_due()
        (body,) = found.received
        assert body["text"].startswith("Problem: The disk with images has only 1 GB left (3 %).")
        assert body["text"].endswith(django_settings.PUBLIC_URL)
        assert (body["alert"], body["news"], body["values"]) == (NAME, "started", VALUES)
        assert body["chat_id"] == "42", "as Telegram wants it"
        assert self.is_delivered()

    def test_it_tries_again_later_and_keeps_the_secret(self) -> None:
        with receiver() as found, self.assertLogs("generation.operations", "WARNING") as logs:
            for status in (500, 429, 408):
                found.status = status
                webhook.send_due()
                assert self.message().due_at > timezone.now(), status
                let_pass(days=1)
            found.status = 204
            webhook.send_due()
        assert len(found.received) == 4
        assert self.is_delivered()
        assert "127.0.0.1" in str([vars(record) for record in logs.records])
        assert SECRET not in str([vars(record) for record in logs.records])

    def test_it_gives_up_what_is_refused_and_follows_no_redirect(self) -> None:
        for status in (404, 403, 302):
            self.write()
            WebhookMessage.objects.exclude(pk=self.message().pk).delete()
            with receiver() as found, self.assertLogs("generation.operations", "ERROR"):
                found.status = status
                webhook.send_due()
            assert len(found.received) == 1, status
            assert self.is_given_up()

    def test_it_gives_up_after_days(self) -> None:
        WebhookMessage.objects.update(attempts=len(delivery.PAUSES))
        address = f"http://127.0.0.1:{free_port()}/{SECRET}"
        with (
            override_settings(ALERT_WEBHOOK_URL=address),
            self.assertLogs("generation.operations", "ERROR") as logs,
        ):
            webhook.send_due()
        assert self.is_given_up()
        assert SECRET not in str([vars(record) for record in logs.records])

    def test_it_takes_https_only(self) -> None:
        for address, valid in (
            ("https://hooks.slack.com/services/x", True),
            ("http://127.0.0.1:8000/x", True),
            ("http://hooks.example.org/x", False),
            ("file:///etc/passwd", False),
            ("hooks.example.org", False),
            ("", False),
        ):
            assert webhook_address.is_valid(address) is valid, address
        with override_settings(ALERT_WEBHOOK_URL="http://hooks.example.org/x"):
            with pytest.raises(webhook.NotDelivered) as refused:
                webhook.send({})
            assert refused.value.is_final


@override_settings(LANGUAGE_CODE="en")
class TestWatch(TransactionTestCase):
    def setUp(self) -> None:
        make_user("chief@example.org", is_superuser=True)

    def test_it_sends_what_it_has_written(self) -> None:
        now = timezone.now()
        # The demo's cache is not shared, and nothing else is wrong with a new database.
        Alert.objects.create(
            name="CreatingOff", started_at=now - timedelta(days=1), notified_at=now - timedelta(days=1),
            seen_at=now - timedelta(hours=1),
        )  # fmt: skip
        with receiver() as found:
            Watch().check()
        subjects = [one.subject for one in mail.outbox if "Image creation is off" in one.subject]
        assert [subject.partition(":")[0] for subject in subjects] == ["Solved"]
        assert "ended" in [one["news"] for one in found.received]

    def test_without_the_database_it_tells_directly_and_once(self) -> None:
        with receiver() as found, pytest.MonkeyPatch.context() as patch:
            brief = replace(CONDITIONS["DatabaseDown"], hold=timedelta())
            patch.setitem(CONDITIONS, "DatabaseDown", brief)
            watch = Watch()
            watch.check()  # knows whom to tell
            mail.outbox.clear()
            found.received.clear()
            with connection.execute_wrapper(away):
                found.status = 500
                watch.check()
                found.status = 200
                watch.check()
                watch.check()
            assert [one.subject.partition(" (")[0] for one in mail.outbox] == [
                "Problem: The database cannot be reached: pages and jobs fail."
            ]
            assert [one["news"] for one in found.received] == ["started", "started"]
            watch.check()
            assert mail.outbox[-1].subject.startswith("Solved: The database")
            assert found.received[-1]["news"] == "ended"
            sent = len(mail.outbox)
            watch.check()
            assert len(mail.outbox) == sent

    def test_a_short_outage_of_the_database_is_not_reported(self) -> None:
        watch = Watch()
        watch.check()
        mail.outbox.clear()
        with connection.execute_wrapper(away):
            watch.check()
        watch.check()
        assert [one for one in mail.outbox if "database cannot" in one.subject] == []


def away(execute, sql, *rest):
    raise OperationalError("the server is away")


class TestCommand(TestCase):
    def run_it(self, *arguments: str) -> str:
        out = io.StringIO()
        call_command("alerts", *arguments, stdout=out)
        return out.getvalue()

    def test_it_lists_what_is_open(self) -> None:
        assert self.run_it() == "No alert.\n"
        records.apply(WRONG)
        assert "DiskFull             The disk with images" in self.run_it()

    def test_it_tests_the_channels(self) -> None:
        with pytest.raises(CommandError, match="No receiver"):
            self.run_it("--test")
        make_user("chief@example.org", is_superuser=True)
        with receiver() as found:
            assert self.run_it("--test") == "Sent to chief@example.org.\nSent to the webhook.\n"
            assert found.received[0]["alert"] == "Test"
            found.status = 500
            with pytest.raises(CommandError, match="webhook: status 500"):
                self.run_it("--test")
        assert len(mail.outbox) == 2


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_sentence_can_be_written(name: str) -> None:
    class Any(dict):
        def __missing__(self, key: str) -> str:
            return "7"

    assert "%(" not in messages.sentence(name, Any())


@pytest.mark.parametrize("name", CONDITIONS)
def test_its_advice_names_only_pages_that_exist(name: str) -> None:
    for page in re.findall(r"deploy/docs/\S+?\.md", str(CONDITIONS[name].advice)):
        assert (django_settings.BASE_DIR / page).exists()
