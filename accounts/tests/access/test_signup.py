import re
from unittest.mock import patch

import pytest
from django.core import mail
from django.db.models import QuerySet
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.credits import ledger_check
from accounts.emails import outbox
from accounts.models import OutgoingEmail, User
from generation.testing.rows.sign_up import SignUpTestCase


class TestSignUp(SignUpTestCase):
    def test_it_asks_for_the_address_alone(self) -> None:
        response = self.client.get(self.url)
        self.assertContains(response, 'name="email"')
        self.assertNotContains(response, 'type="password"')

    def test_it_sends_a_new_address_the_link_to_finish(self) -> None:
        letter = self.ask("New@Example.org")
        assert letter.to == ["new@example.org"]
        assert letter.subject == "Confirm your email for ArtGen"
        assert self.link_in(letter).startswith("/accounts/signup/")
        assert not User.objects.filter(email="new@example.org").exists()

    def test_it_tells_a_known_address_how_to_get_in(self) -> None:
        letter = self.ask("ALICE@example.org")
        assert letter.to == ["alice@example.org"]
        assert letter.subject == "You already have an ArtGen account"
        assert "https://art.example/accounts/login/" in letter.body
        assert "https://art.example/accounts/password_reset/" in letter.body

    def test_it_answers_the_same_whether_there_is_an_account(self) -> None:
        answers = []
        for email in ("alice@example.org", "otter@example.org"):
            self.client.cookies.clear()
            first = self.client.post(self.url, {"email": email})
            page = self.client.get(first.url)
            answers.append(
                (
                    first.status_code,
                    first.url,
                    re.sub(r'value="\w{64}"', "", page.content.decode()).replace(email, ""),
                )
            )
        assert answers[0] == answers[1]

    def test_it_does_the_same_number_of_queries_either_way(self) -> None:
        counts = []
        for email in ("alice@example.org", "otter@example.org"):
            self.client.cookies.clear()
            with self.assertNumQueries(6) as context:
                self.client.post(self.url, {"email": email})
            counts.append(len(context.captured_queries))
        assert counts[0] == counts[1]

    def test_it_limits_emails_to_one_address(self) -> None:
        for _ in range(5):
            self.client.post(self.url, {"email": "new@example.org"})
        for email in ("new@example.org", "NEW@example.org "):
            response = self.client.post(self.url, {"email": email})
            self.assertTemplateUsed(response, "429.html")
            assert response.status_code == 429
            assert 0 < int(response["Retry-After"]) <= 3600
        outbox.send_due()
        assert len(mail.outbox) == 5
        assert self.client.post(self.url, {"email": "other@example.org"}).status_code == 302

    @pytest.mark.slow
    def test_it_limits_one_address_on_the_net(self) -> None:
        for number in range(30):
            assert (
                self.client.post(self.url, {"email": f"new{number}@example.org"}).status_code == 302
            )
        assert self.client.post(self.url, {"email": "one.more@example.org"}).status_code == 429

    def test_it_never_lets_the_visitor_choose_the_host_in_the_email(self) -> None:
        with override_settings(ALLOWED_HOSTS=["*"]):
            self.client.post(
                self.url, {"email": "new@example.org"}, headers={"host": "evil.example"}
            )
        outbox.send_due()
        assert "evil.example" not in mail.outbox[-1].body

    def test_it_looks_the_same_while_the_mail_server_is_down(self) -> None:
        smtp = "django.core.mail.backends.smtp.EmailBackend"
        with (
            override_settings(EMAIL_BACKEND=smtp, EMAIL_PORT=1),
            self.assertLogs("accounts.emails.outbox", "WARNING"),
        ):
            response = self.client.post(self.url, {"email": "new@example.org"})
            outbox.send_due()
        self.assertRedirects(response, "/accounts/signup/sent/")
        assert OutgoingEmail.objects.get().due_at > timezone.now()


class TestSignUpFinish(SignUpTestCase):
    def finish(self, link: str, **data: str):
        return self.client.post(
            link,
            {"name": "Nina", "password": "a long enough one", "time_zone": "Asia/Omsk", **data},
        )

    @override_settings(DEFAULT_CREDITS=50)
    def test_it_creates_the_account_with_its_credits_and_signs_in(self) -> None:
        link = self.link_in(self.ask("nina@example.org"))
        self.assertContains(self.client.get(link), "nina@example.org")
        response = self.finish(link)
        self.assertRedirects(response, reverse("create"), fetch_redirect_response=False)
        nina = User.objects.get(email="nina@example.org")
        assert nina.check_password("a long enough one")
        assert (nina.name, nina.credits, nina.held, nina.time_zone) == ("Nina", 50, 0, "Asia/Omsk")
        assert (nina.is_staff, nina.is_superuser) == (False, False)
        assert self.client.session["_auth_user_id"] == str(nina.pk)
        assert ledger_check.check() == []

    def test_it_goes_on_to_where_the_visitor_was_going(self) -> None:
        link = self.link_in(self.ask("nina@example.org", next="/create/?prompt=a%20lighthouse"))
        response = self.finish(link, next="/create/?prompt=a%20lighthouse")
        self.assertRedirects(
            response, "/create/?prompt=a%20lighthouse", fetch_redirect_response=False
        )

    def test_it_never_leads_to_another_site(self) -> None:
        link = self.link_in(self.ask("nina@example.org", next="https://evil.example/"))
        assert "evil" not in link
        response = self.finish(f"{link}?next=https://evil.example/")
        self.assertRedirects(response, reverse("create"), fetch_redirect_response=False)

    def test_it_refuses_a_weak_password_and_creates_nothing(self) -> None:
        link = self.link_in(self.ask("nina@example.org"))
        for password in ("", "short", "password", "12345678", "nina@example.org"):
            assert self.finish(link, password=password).status_code == 200
        assert not User.objects.filter(email="nina@example.org").exists()

    def test_it_takes_no_more_than_name_password_and_zone(self) -> None:
        link = self.link_in(self.ask("nina@example.org"))
        self.finish(
            link,
            is_staff="on",
            is_superuser="on",
            credits="999",
            email="alice@example.org",
            time_zone="Mars/Base",
        )
        nina = User.objects.get(email="nina@example.org")
        assert (nina.is_staff, nina.is_superuser, nina.time_zone) == (False, False, "")
        assert nina.credits != 999

    def test_it_accepts_the_link_once(self) -> None:
        link = self.link_in(self.ask("nina@example.org"))
        self.finish(link)
        self.client.logout()
        for response in (self.client.get(link), self.finish(link, password="another long one")):
            self.assertRedirects(response, "/accounts/login/")
        assert User.objects.get(email="nina@example.org").check_password("a long enough one")

    def test_it_refuses_a_forged_or_old_link(self) -> None:
        link = self.link_in(self.ask("nina@example.org"))
        forged = link.replace("/accounts/signup/ey", "/accounts/signup/eX")
        for bad in (forged, "/accounts/signup/nonsense/"):
            assert self.client.get(bad).status_code == 410
            assert self.finish(bad).status_code == 410
        with override_settings(PASSWORD_RESET_TIMEOUT=-1):
            assert self.finish(link).status_code == 410
        assert not User.objects.filter(email="nina@example.org").exists()

    def test_it_makes_one_account_from_two_windows(self) -> None:
        link = self.link_in(self.ask("nina@example.org"))
        exists = QuerySet.exists

        def before_the_other_window(users: QuerySet) -> bool:
            found = exists(users)
            if users.model is User and not User.objects.filter(
                email="nina@example.org"
            ).values_list("pk"):
                User.objects.create_user("nina@example.org", name="first")
            return found

        with patch.object(QuerySet, "exists", before_the_other_window):
            self.assertRedirects(self.finish(link), "/accounts/login/")
        assert User.objects.get(email="nina@example.org").name == "first"
