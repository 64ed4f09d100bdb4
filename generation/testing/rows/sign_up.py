"""What the tests of signing up share: asking for the link, and invitations."""

import re
from datetime import timedelta

from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from accounts.access import invitations
from accounts.emails import outbox
from accounts.models import Invitation
from generation.testing.cases import BaseTestCase


@override_settings(PUBLIC_URL="https://art.example")
class SignUpTestCase(BaseTestCase):
    url = "/accounts/signup/"

    def ask(self, email: str, **data: str) -> mail.EmailMessage:
        response = self.client.post(
            self.url, {"email": email, **data}, headers={"accept-language": "en"}
        )
        self.assertRedirects(response, "/accounts/signup/sent/")
        outbox.send_due()
        return mail.outbox[-1]

    def link_in(self, letter: mail.EmailMessage) -> str:
        found = re.search(r"https://art\.example(/\S+)", str(letter.body))
        assert found
        return found[1]


@override_settings(PUBLIC_URL="https://art.example", SIGN_UP="invitation")
class InvitationTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})

    def invite(self, *addresses: str, credits: int = 7, days: float = 14) -> list[Invitation]:
        return invitations.invite(
            addresses=addresses or ("nina@example.org",),
            credits=credits,
            expires_at=timezone.now() + timedelta(days=days),
            language="en",
            actor=self.staff,
        ).sent

    def link(self) -> str:
        """Return the path of the link in the last email."""
        outbox.send_due()
        found = re.search(r"https://art\.example(/\S+)", str(mail.outbox[-1].body))
        assert found
        return found[1]
