from django.test import Client

from artgen.testing.cases import BaseTestCase


class TestPasswordChange(BaseTestCase):
    url = "/accounts/password_change/"
    good = {
        "old_password": "password",
        "new_password1": "quiet lighthouse",
        "new_password2": "quiet lighthouse",
    }

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def test_it_changes_the_password_and_ends_the_other_sessions(self) -> None:
        other = Client()
        other.force_login(self.alice)
        self.assertRedirects(self.client.post(self.url, self.good), "/account/profile/")
        self.alice.refresh_from_db()
        assert self.alice.check_password("quiet lighthouse")
        assert self.client.get("/account/").status_code == 200
        assert other.get("/account/").status_code == 302

    def test_it_refuses_a_wrong_old_one_a_weak_one_and_two_different_ones(self) -> None:
        for change in (
            {"old_password": "wrong"},
            {"new_password1": "short", "new_password2": "short"},
            {"new_password2": "loud lighthouse"},
        ):
            assert self.client.post(self.url, {**self.good, **change}).status_code == 200
        self.alice.refresh_from_db()
        assert self.alice.check_password("password")

    def test_it_limits_guesses_at_the_old_one(self) -> None:
        for _ in range(10):
            self.client.post(self.url, {**self.good, "old_password": "wrong"})
        response = self.client.post(self.url, self.good)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0
        self.alice.refresh_from_db()
        assert self.alice.check_password("password")

    def test_it_asks_anonymous_users_to_sign_in(self) -> None:
        self.client.logout()
        self.assertRedirects(self.client.get(self.url), f"/accounts/login/?next={self.url}")
        assert self.client.post(self.url, self.good).status_code == 302
        self.alice.refresh_from_db()
        assert self.alice.check_password("password")

    def test_it_refuses_other_methods(self) -> None:
        assert self.client.put(self.url).status_code == 405
