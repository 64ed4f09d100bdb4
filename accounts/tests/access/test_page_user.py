"""X-Page-User: what a page left open asks after somebody else has signed in."""

from django.urls import reverse

from generation.testing.cases import BaseTestCase


class TestPageUser(BaseTestCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(self.alice)

    def headers(self, user):
        return {"X-Page-User": str(user.pk)}

    def test_it_lets_through_what_comes_from_a_page_of_ones_own(self):
        assert (
            self.client.get(reverse("account"), headers=self.headers(self.alice)).status_code == 200
        )
        assert (
            self.client.get("/api/v1/account/", headers=self.headers(self.alice)).status_code == 200
        )

    def test_it_refuses_what_comes_from_somebody_elses_page(self):
        answer = self.client.get(reverse("account"), headers=self.headers(self.bob))
        self.assertContains(answer, "Another account is signed in", status_code=401)
        assert answer["X-Other-User"] == "1"

    def test_it_is_a_problem_document_in_the_api(self):
        answer = self.client.get("/api/v1/account/", headers=self.headers(self.bob))
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
        assert answer.json()["code"] == "not_authenticated"

    def test_it_says_nothing_to_strangers_and_programs(self):
        self.client.logout()
        self.assertRedirects(
            self.client.get(reverse("account"), headers=self.headers(self.bob)),
            f"{reverse('login')}?next={reverse('account')}",
            fetch_redirect_response=False,
        )
        assert (
            self.client.get("/api/v1/account/", headers=self.headers(self.bob)).status_code == 401
        )
