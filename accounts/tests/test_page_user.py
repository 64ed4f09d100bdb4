"""X-Page-User: what a page left open asks after somebody else has signed in."""

from django.urls import reverse

from artgen.test import BaseTestCase


class PageUser(BaseTestCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(self.alice)

    def headers(self, user):
        return {"X-Page-User": str(user.pk)}

    def test_it_lets_through_what_comes_from_a_page_of_ones_own(self):
        self.assertEqual(
            self.client.get(reverse("account"), headers=self.headers(self.alice)).status_code, 200
        )
        self.assertEqual(
            self.client.get("/api/v1/account/", headers=self.headers(self.alice)).status_code, 200
        )

    def test_it_refuses_what_comes_from_somebody_elses_page(self):
        answer = self.client.get(reverse("account"), headers=self.headers(self.bob))
        self.assertContains(answer, "Another account is signed in", status_code=401)
        self.assertEqual(answer["X-Other-User"], "1")

    def test_the_api_refuses_it_as_a_problem(self):
        answer = self.client.get("/api/v1/account/", headers=self.headers(self.bob))
        self.assertEqual(
            (answer.status_code, answer["Content-Type"]), (401, "application/problem+json")
        )
        self.assertEqual(answer.json()["code"], "not_authenticated")

    def test_it_says_nothing_to_strangers_and_programs(self):
        self.client.logout()
        self.assertRedirects(
            self.client.get(reverse("account"), headers=self.headers(self.bob)),
            f"{reverse('login')}?next={reverse('account')}",
            fetch_redirect_response=False,
        )
        self.assertEqual(
            self.client.get("/api/v1/account/", headers=self.headers(self.bob)).status_code, 401
        )
