"""Webhooks by the API: as the page adds them, for programs that subscribe by themselves."""

from typing import Any

from django.core import mail

from accounts.emails import outbox
from accounts.models import WebhookAddress, WebhookTopic
from accounts.tokens import tokens
from accounts.webhooks import addresses
from generation.testing.cases import BaseTestCase

URL = "/api/v1/webhooks/"
PUBLIC = "https://93.184.216.34/hook"


class TestWebhooks(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        text = tokens.issue(user=self.alice, name="n8n")
        self.headers = {"authorization": f"Bearer {text}", "accept-language": "en"}

    def add(self, **body: Any) -> Any:
        return self.client.post(URL, body, content_type="application/json", headers=self.headers)

    def test_it_adds_lists_and_deletes(self) -> None:
        made = self.add(url=PUBLIC, topics=["jobs"]).json()
        address = WebhookAddress.objects.get()
        assert (made["id"], made["topics"], made["is_on"]) == (str(address.id), ["jobs"], True)
        assert made.pop("secret").startswith("whsec_")
        self.alice.refresh_from_db()
        assert self.alice.webhook_topics == "jobs"
        assert self.client.get(URL, headers=self.headers).json() == [made]
        outbox.send_due()
        assert mail.outbox[-1].to == ["alice@example.org"]
        gone = self.client.delete(f"{URL}{address.id}/", headers=self.headers)
        assert gone.status_code == 204
        assert not WebhookAddress.objects.exists()

    def test_it_wants_all_events_by_default(self) -> None:
        assert self.add(url=PUBLIC).json()["topics"] == WebhookTopic.values

    def test_it_refuses_what_the_page_refuses(self) -> None:
        long, nul = f"{PUBLIC}/{'a' * 500}", f"{PUBLIC}/\0"
        for url in ("", "ftp://example.org/", "https://127.0.0.1/", "http://10.0.0.1/", long, nul):
            assert self.add(url=url).json()["errors"][0]["field"] == "url", url
        for topics in ([], ["other"], "jobs"):
            assert self.add(url=PUBLIC, topics=topics).status_code == 400, topics
        assert self.add(url=PUBLIC, credits_below=0).status_code == 400
        self.add(url=PUBLIC)
        assert self.add(url=PUBLIC).json()["errors"][0]["code"] == "unique"
        for number in range(addresses.MAX_ADDRESSES - 1):
            self.add(url=f"{PUBLIC}/{number}")
        assert self.add(url=f"{PUBLIC}/x").json()["code"] == "too_many_webhooks"
