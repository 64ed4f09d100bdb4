"""What Django tells nginx about who sends a large body."""

from django.core import signing
from django.test import Client, override_settings

from accounts.tokens import tokens
from generation.jobs.engine import callback_tokens
from generation.testing.cases import BaseTestCase

URL = "/nginx/sender/"


class TestSender(BaseTestCase):
    def test_it_knows_users_by_session_and_by_any_token(self) -> None:
        self.client.force_login(self.alice)
        answer = self.client.get(URL)
        assert (answer.status_code, answer["X-Account"]) == (204, str(self.alice.pk))
        token = tokens.issue(user=self.alice, name="laptop", scopes=["create"])
        for headers in ({"Authorization": f"Bearer {token}"}, {"api-key": token}):
            assert Client().get(URL, headers=headers).status_code == 204

    def test_it_knows_nobody_else(self) -> None:
        invented = {"Authorization": "Bearer invented"}, {"api-key": "invented"}
        for headers in ({}, *invented, {"Cookie": "sessionid=invented"}):
            assert self.client.get(URL, headers=headers).status_code == 401, headers
        self.client.force_login(self.alice)
        with override_settings(MFA_REQUIRED="everybody"):
            assert self.client.get(URL).status_code == 403

    def test_it_knows_webhooks_by_their_signature(self) -> None:
        token = signing.dumps([str(self.alice.pk), 1], salt=callback_tokens.SALT)
        for path, status in ((token, 204), (f"{token}x", 403), ("x", 403)):
            assert self.client.get(f"{URL}hooks/runpod/{path}/").status_code == status
