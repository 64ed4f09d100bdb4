"""Addresses with a token in the path: which there are, and what its rights allow."""

from django.test import Client

from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase


class TestPathTokens(BaseTestCase):
    def at(self, path: str, *, scope: str) -> str:
        return f"/t/{tokens.issue(user=self.alice, name=path, scopes=[scope])}/{path}"

    def test_they_open_the_protocols_alone(self) -> None:
        assert Client().get(self.at("sdapi/v1/progress", scope="read")).status_code == 200
        assert Client().get(self.at("api/v1/account/", scope="read")).status_code == 404

    def test_what_changes_jobs_needs_the_right_to_create(self) -> None:
        for path in ("interrupt", "txt2img", "img2img", "options"):
            address = self.at(f"sdapi/v1/{path}", scope="read")
            response = Client().post(address, {}, content_type="application/json")
            assert response.status_code == 403, path
