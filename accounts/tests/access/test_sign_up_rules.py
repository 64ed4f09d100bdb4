"""SIGN_UP: open, by invitation, by domain, closed."""

from functools import partial

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.test import Client, TransactionTestCase, override_settings
from django.utils.crypto import salted_hmac

from accounts.access import sign_up_rules
from accounts.emails import outbox
from accounts.models import OpenedMailbox, OutgoingEmail, User
from generation.testing.rows.sign_up import InvitationTestCase, SignUpTestCase
from generation.testing.threads import at_once

FINISH = {"name": "", "password": "a long enough one", "time_zone": ""}


class TestPages(SignUpTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})

    @override_settings(SIGN_UP="invitation", CONTACT="https://example.org/join")
    def test_it_says_that_sign_up_is_by_invitation_and_how_to_get_one(self) -> None:
        page = self.client.get(self.url)
        self.assertContains(page, "By invitation only")
        self.assertContains(page, "ask an administrator to invite you")
        self.assertContains(page, 'href="https://example.org/join"')
        self.assertNotContains(page, 'name="email"')

    def test_it_sends_nothing_by_invitation_and_while_closed(self) -> None:
        for mode in ("invitation", "closed"):
            with override_settings(SIGN_UP=mode):
                assert self.client.post(self.url, {"email": "new@example.org"}).status_code == 403
                assert self.client.post(self.url, {"email": "alice@example.org"}).status_code == 403
        assert not OutgoingEmail.objects.exists()

    @override_settings(SIGN_UP="closed")
    def test_it_offers_no_account_while_closed(self) -> None:
        self.assertContains(self.client.get(self.url), "Sign-up is closed")
        for address in ("/", "/accounts/login/"):
            self.assertNotContains(self.client.get(address), "/accounts/signup/")

    @override_settings(SIGN_UP="domain", SIGN_UP_DOMAINS=["example.com"])
    def test_it_takes_addresses_of_the_domain_alone(self) -> None:
        self.assertContains(self.client.get(self.url), "example.com")
        for email in (
            "new@example.org",
            "new@sub.example.com",
            "new@notexample.com",
            "example.com@x.org",
            "alice@example.org",
        ):
            response = self.client.post(self.url, {"email": email})
            self.assertContains(response, "Use an email at example.com.")
        assert not OutgoingEmail.objects.exists()
        assert self.ask("New@Example.COM").to == ["new@example.com"]

    @override_settings(
        SIGN_UP="domain", SIGN_UP_DOMAINS=["example.com"], DOMAIN_CREDITS=11, DEFAULT_CREDITS=50
    )
    def test_it_grants_the_credits_of_the_domain(self) -> None:
        link = self.link_in(self.ask("new@example.com"))
        self.client.post(link, FINISH)
        assert User.objects.get(email="new@example.com").credits == 11

    @override_settings(SIGN_UP="domain", SIGN_UP_DOMAINS=["example.com"], DOMAIN_CREDITS=11)
    def test_it_grants_them_once_to_a_mailbox_whatever_becomes_of_its_account(self) -> None:
        for email, credits in (
            ("new@example.com", 11),
            ("new@example.com", 0),
            ("new+2@example.com", 0),
            ("other@example.com", 11),
        ):
            with override_settings(SECRET_KEY="y" * 50, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
                link = self.link_in(self.ask(email))
                self.client.post(link, FINISH)
            user = User.objects.get(email=email)
            assert user.credits == credits
            User.objects.filter(pk=user.pk).update(email=f"{user.pk}@private.example")
            self.client.logout()

    def test_a_link_from_before_does_not_open_a_closed_door(self) -> None:
        link = self.link_in(self.ask("new@example.org"))
        for mode in ("invitation", "domain", "closed"):
            with override_settings(SIGN_UP=mode, SIGN_UP_DOMAINS=["example.com"]):
                assert self.client.post(link, FINISH).status_code == 403, mode
        assert not User.objects.filter(email="new@example.org").exists()
        assert self.client.post(link, FINISH).status_code == 302

    def test_the_start_page_promises_only_what_strangers_get(self) -> None:
        for mode, promised in (("open", True), ("invitation", False), ("closed", False)):
            with override_settings(SIGN_UP=mode, DEFAULT_CREDITS=50):
                page = self.client.get("/").content.decode()
                assert ("are free" in page) == promised, mode
                assert sign_up_rules.starting_credits() == (50 if promised else 0)


class TestMailbox(TransactionTestCase):
    def opened(self, *emails: str) -> list[int]:
        """Return the credits of an account of each address, opened in this order."""
        users = [User.objects.create_user(email) for email in emails]
        for user in users:
            with transaction.atomic():
                sign_up_rules.open_account(user)
            user.refresh_from_db()
        return [user.credits for user in users]

    @override_settings(SIGN_UP="open", DEFAULT_CREDITS=7)
    def test_it_gets_the_credits_once_however_its_address_is_spelled(self) -> None:
        for emails in (
            ("a.box@gmail.com", "abox@gmail.com", "a.b.ox+x@googlemail.com"),
            ("a-box@yandex.ru", "a.box@ya.ru", "a-box@yandex.com"),
            ("box@example.com", "box@example.com.", "box+1@example.com", '"b\\ox"@example.com'),
            ("box@почта.рф", "box@xn--80a1acny.xn--p1ai"),
        ):
            assert self.opened(*emails) == [7] + [0] * (len(emails) - 1)
        assert self.opened("a.b@example.org", "ab@example.org", "a-b@example.org") == [7, 7, 7]
        assert self.opened("box@a..example", "box@b..example") == [7, 7]

    @override_settings(SIGN_UP="open", DEFAULT_CREDITS=7)
    def test_it_gets_them_once_from_sign_ups_at_the_same_time(self) -> None:
        users = [User.objects.create_user(f"{'.' * n}abox@gmail.com") for n in range(6)]

        def open_account(user: User) -> None:
            with transaction.atomic():
                sign_up_rules.open_account(user)

        assert at_once([partial(open_account, user) for user in users]) == {"NoneType": 6}
        assert sum(User.objects.values_list("credits", flat=True)) == 7

    @override_settings(SIGN_UP="open", DEFAULT_CREDITS=7)
    def test_it_has_got_them_under_the_spelling_of_an_earlier_version(self) -> None:
        digest = salted_hmac(
            sign_up_rules.PURPOSE, "a.box@gmail.com", secret=settings.SECRET_KEY, algorithm="sha256"
        ).hexdigest()
        OpenedMailbox.objects.create(digest=digest)
        assert self.opened("a.box@gmail.com") == [0]


class TestInvitedElsewhere(InvitationTestCase):
    @override_settings(SIGN_UP="open", DEFAULT_CREDITS=50)
    def test_an_invited_person_who_signs_up_gets_the_credits_of_the_invitation(self) -> None:
        self.invite(credits=500)
        outbox.send_due()
        self.client.post("/accounts/signup/", {"email": "nina@example.org"})
        link = self.link()
        assert link.startswith("/accounts/signup/")
        self.client.post(link, FINISH)
        assert User.objects.get(email="nina@example.org").credits == 500
        self.client.logout()
        invited = next(line for line in mail.outbox[0].body.split() if "/invitation/" in line)
        response = self.client.get(invited.removeprefix("https://art.example"))
        self.assertRedirects(response, "/accounts/login/", fetch_redirect_response=False)

    @override_settings(SIGN_UP="domain", SIGN_UP_DOMAINS=["example.com"])
    def test_an_invitation_opens_an_account_outside_of_the_domains(self) -> None:
        self.invite(credits=3)
        self.client.post(self.link(), FINISH)
        assert User.objects.get(email="nina@example.org").credits == 3
