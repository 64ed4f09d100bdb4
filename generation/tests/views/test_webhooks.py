"""The pages of webhooks: add, test, change, rotate, replay, delete; what others cannot do."""

import re
from datetime import timedelta

from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.emails import outbox as emails
from accounts.models import WebhookAddress, WebhookMessage, WebhookOff
from accounts.webhooks import addresses, delivery
from generation.testing.cases import BaseTestCase
from generation.testing.servers.webhook_receiver import receiver

SECRET = re.compile(r"whsec_[\w+/=]{40,}")


class TestWebhookPages(BaseTestCase):
    url = "/account/webhooks/"

    def setUp(self) -> None:
        super().setUp()
        self.receiver = self.enterContext(receiver())
        self.client.force_login(self.alice)
        self.client.post("/accounts/reauthenticate/", {"password": "password"})

    def fields(self, **more: object) -> dict[str, object]:
        return {"url": self.receiver.url(), "topics": ["jobs"], "credits_below": "20", **more}

    def add(self) -> tuple[WebhookAddress, str]:
        page = self.client.post(self.url, self.fields()).content.decode()
        (secret,) = SECRET.findall(page)
        return WebhookAddress.objects.get(), secret

    def path(self, address: WebhookAddress, action: str = "") -> str:
        return f"{self.url}{address.id}/{action}"

    def test_it_shows_the_secret_once_and_writes_to_the_owner(self) -> None:
        address, secret = self.add()
        assert (address.user, address.topics, address.credits_below) == (self.alice, "jobs", 20)
        for path in (self.url, self.path(address)):
            page = self.client.get(path)
            self.assertContains(page, self.receiver.url())
            assert not SECRET.search(page.content.decode())
            assert "no-store" in page["Cache-Control"]
        emails.send_due()
        assert address.host in mail.outbox[0].body
        assert self.receiver.url() not in mail.outbox[0].body
        assert secret not in mail.outbox[0].body

    def test_it_asks_for_the_password_before_it_adds_one_or_makes_a_secret(self) -> None:
        address, _ = self.add()
        self.client = Client()
        self.client.force_login(self.alice)
        for path, to_what in (
            (self.url, "add a webhook"),
            (self.path(address, "secret/"), "create a new secret for the webhook"),
        ):
            response = self.client.post(path, self.fields(url=self.receiver.url("/2")))
            assert response.url.startswith("/accounts/reauthenticate/")
            self.assertContains(self.client.get(response.url), f"Enter your password to {to_what}.")
        before = WebhookAddress.objects.values().get()
        page = self.client.post(response.url, {"password": "password"})
        assert SECRET.search(page.content.decode())
        assert WebhookAddress.objects.values().get()["secret"] != before["secret"]

    def test_it_refuses_addresses_that_are_not_public_https(self) -> None:
        long = "https://example.com/" + "x" * 500
        for url in ("", "http://example.com/", "https://10.1.2.3:8443/x", long):
            with self.subTest(url=url):
                page = self.client.post(self.url, self.fields(url=url))
                assert page.status_code == 200
        assert not WebhookAddress.objects.exists()

    def test_it_refuses_the_same_address_twice_no_event_and_too_many(self) -> None:
        self.add()
        self.assertContains(self.client.post(self.url, self.fields()), "webhook with this address")
        self.client.post(self.url, self.fields(url=self.receiver.url("/2"), topics=[]))
        assert WebhookAddress.objects.count() == 1
        for number in range(1, addresses.MAX_ADDRESSES):
            addresses.add(
                user=self.alice,
                url=self.receiver.url(f"/{number}"),
                topics=["jobs"],
                credits_below=1,
            )
        page = self.client.post(self.url, self.fields(url=self.receiver.url("/last")))
        self.assertContains(page, "limit of webhooks")

    def test_it_sends_a_test_and_shows_the_reply(self) -> None:
        address, secret = self.add()
        self.receiver.status, self.receiver.text = 400, "<b>No workflow</b>"
        self.client.post(self.path(address, "test/"))
        delivery.send_due()
        (body,) = self.receiver.verified(secret)
        assert body["type"] == "test"
        page = self.client.get(self.path(address))
        self.assertContains(page, "400")
        message = WebhookMessage.objects.get()
        page = self.client.get(f"/account/webhook-events/{message.id}/")
        self.assertContains(page, "&lt;b&gt;No workflow&lt;/b&gt;")
        self.assertContains(page, message.message_id)

    def test_it_updates_the_log_for_scripts(self) -> None:
        address, _ = self.add()
        self.client.post(self.path(address, "test/"))
        page = self.client.get(self.path(address), headers={"X-Part": "1"})
        self.assertContains(page, "data-running")
        self.assertNotContains(page, "<html")

    def test_it_changes_events_and_turns_off_and_on(self) -> None:
        address, _ = self.add()
        self.client.post(
            self.path(address), {"topics": ["credits", "exports"], "credits_below": "7"}
        )
        self.alice.refresh_from_db()
        assert self.alice.webhook_topics == "credits exports"
        self.client.post(self.path(address, "switch/"), {"on": "0"})
        self.alice.refresh_from_db()
        assert self.alice.webhook_topics == ""
        self.assertContains(self.client.get(self.path(address)), "You turned it off")
        page = self.client.post(self.path(address, "test/"), follow=True)
        assert page.status_code == 409
        self.client.post(self.path(address, "switch/"), {"on": "1"})
        assert WebhookAddress.objects.get().is_on

    def test_it_replays_one_and_all_failed(self) -> None:
        address, _ = self.add()
        for _n in range(2):
            WebhookMessage.objects.create(
                address=address, type="job.failed", body="{}", due_at=None
            )
        first = WebhookMessage.objects.earliest("id")
        page = self.client.post(f"/account/webhook-events/{first.id}/replay/", follow=True)
        self.assertContains(page, "will be sent again")
        delivery.send_due()
        since = (timezone.localtime() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        page = self.client.post(self.path(address, "replay/"), {"since": since}, follow=True)
        self.assertContains(page, "1 event will be sent again.")
        delivery.send_due()
        assert len(self.receiver.requests) == 2
        page = self.client.post(self.path(address, "replay/"), {"since": "never"})
        assert page.status_code == 200

    def test_it_pages_through_the_log(self) -> None:
        address, _ = self.add()
        WebhookMessage.objects.bulk_create(
            WebhookMessage(address=address, type="job.failed", body="{}", due_at=None)
            for _ in range(51)
        )
        page = self.client.get(self.path(address)).content.decode()
        (before,) = re.findall(r"\?before=([\w-]+)", page)
        assert page.count("/account/webhook-events/") == 50
        page = self.client.get(self.path(address), {"before": before}).content.decode()
        assert page.count("/account/webhook-events/") == 1
        assert self.client.get(self.path(address), {"before": "x\0"}).status_code == 200

    def test_it_deletes(self) -> None:
        address, _ = self.add()
        WebhookMessage.objects.create(address=address, type="job.failed", body="{}")
        self.client.post(self.path(address, "delete/"))
        assert not WebhookAddress.objects.exists()
        self.alice.refresh_from_db()
        assert self.alice.webhook_topics == ""

    def test_it_says_why_it_was_turned_off(self) -> None:
        address, _ = self.add()
        for reason, text in ((WebhookOff.GONE, "410 Gone"), (WebhookOff.FAILING, "three days")):
            addresses.turn_on(address)
            addresses.turn_off(address, reason=reason)
            self.assertContains(self.client.get(self.path(address)), text)
