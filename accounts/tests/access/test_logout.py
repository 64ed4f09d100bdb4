from django.urls import reverse

from generation.testing.cases import BaseTestCase


class TestLogout(BaseTestCase):
    def test_it_ends_the_session(self) -> None:
        self.client.force_login(self.alice)
        self.assertRedirects(
            self.client.post("/accounts/logout/"), reverse("start"), fetch_redirect_response=False
        )
        assert "_auth_user_id" not in self.client.session
