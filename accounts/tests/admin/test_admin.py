from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from accounts.credits import ledger_check
from accounts.emails import outbox
from accounts.models import CreditEntry, User
from generation.testing.cases import BaseTestCase, hold, make_user


class AdminTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)


class TestUserAdmin(AdminTestCase):
    @override_settings(DEFAULT_CREDITS=50)
    def test_it_gives_a_new_user_the_starting_credits(self) -> None:
        response = self.client.post(
            "/admin/accounts/user/add/",
            {
                "email": "Carol@Example.org",
                "name": "",
                "password1": "quiet lighthouse",
                "password2": "quiet lighthouse",
            },
        )
        carol = User.objects.get(email="carol@example.org")
        self.assertRedirects(response, f"/admin/accounts/user/{carol.pk}/change/")
        assert carol.credits == 50
        assert carol.check_password("quiet lighthouse")

    def change(self, **data: str):
        form = {
            "email": "alice@example.org",
            "name": "",
            "is_active": "on",
            "language": "en",
            "time_zone": "",
        }
        return self.client.post(f"/admin/accounts/user/{self.alice.pk}/change/", {**form, **data})

    def test_it_changes_a_user_but_never_the_balance(self) -> None:
        page = self.client.get(f"/admin/accounts/user/{self.alice.pk}/change/")
        self.assertContains(page, f"/admin/accounts/user/grant/?user={self.alice.pk}")
        self.assertNotContains(page, 'name="credits"')
        assert self.change(name="Alice", credits="999", held="9").status_code == 302
        self.alice.refresh_from_db()
        assert (self.alice.name, self.alice.credits, self.alice.held) == ("Alice", 100, 0)

    def test_it_signs_out_and_writes_to_the_old_address_after_a_change_of_address(self) -> None:
        owner = Client()
        owner.force_login(self.alice)
        assert self.change(name="Alice").status_code == 302
        assert owner.get("/account/").status_code == 200
        assert self.change(name="Alice", email="New@example.org").status_code == 302
        assert owner.get("/account/").status_code == 302
        outbox.send_due()
        (letter,) = mail.outbox
        assert letter.to == ["alice@example.org"]
        assert "from alice@example.org to new@example.org" in letter.body

    def test_it_changes_the_own_password_on_the_account_page_only(self) -> None:
        new = {"new_password1": "quiet lighthouse", "new_password2": "quiet lighthouse"}
        for response in (
            self.client.get("/admin/password_change/"),
            self.client.post("/admin/password_change/", {"old_password": "password", **new}),
        ):
            self.assertRedirects(response, "/accounts/password_change/")
        self.staff.refresh_from_db()
        assert self.staff.check_password("password")

    def test_it_writes_only_what_was_changed(self) -> None:
        hold(user=self.alice, amount=10)
        self.change(name="Alice")
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (90, 10)
        assert ledger_check.check() == []

    def test_it_sets_the_limits_of_a_user_and_removes_them(self) -> None:
        self.change(max_jobs_per_day="5", max_upload_bytes="0")
        self.alice.refresh_from_db()
        assert (self.alice.max_jobs_per_day, self.alice.max_upload_bytes) == (5, 0)
        assert self.alice.max_cancels_per_day is None
        self.change(max_jobs_per_day="", max_upload_bytes="0")
        self.alice.refresh_from_db()
        assert (self.alice.max_jobs_per_day, self.alice.max_upload_bytes) == (None, 0)

    def test_it_deletes_nobody(self) -> None:
        assert (
            self.client.post(
                f"/admin/accounts/user/{self.alice.pk}/delete/", {"post": "yes"}
            ).status_code
            == 403
        )
        assert User.objects.filter(pk=self.alice.pk).exists()


class TestGrant(AdminTestCase):
    url = "/admin/accounts/user/grant/"

    def address(self, *users: User) -> str:
        return self.url + "?" + "&".join(f"user={user.pk}" for user in users)

    def grant(self, *users: User, amount: object = 25, reason: str = "prize", once: object = None):
        return self.client.post(
            self.address(*users), {"amount": amount, "reason": reason, "once": str(once or uuid4())}
        )

    def test_it_grants_in_the_name_of_who_asked(self) -> None:
        self.assertContains(self.client.get(self.address(self.alice)), "alice@example.org")
        self.assertRedirects(
            self.grant(self.alice), f"/admin/accounts/user/{self.alice.pk}/change/"
        )
        entry = CreditEntry.objects.of(self.alice)[0]
        assert (entry.kind, entry.amount, entry.reason, entry.actor) == (
            "grant",
            25,
            "prize",
            self.staff,
        )
        assert LogEntry.objects.get().user == self.staff

    def test_it_serves_several_users_all_or_none(self) -> None:
        poor = make_user("poor@example.org", credits=5)
        self.assertRedirects(
            self.grant(self.alice, self.bob), reverse("admin:accounts_user_changelist")
        )
        response = self.grant(self.alice, poor, amount=-6)
        self.assertContains(response, "poor@example.org")
        for user, credits in ((self.alice, 125), (self.bob, 125), (poor, 5)):
            user.refresh_from_db()
            assert user.credits == credits
        assert ledger_check.check() == []

    def test_it_grants_nothing_on_a_second_click(self) -> None:
        once = uuid4()
        for _ in range(2):
            self.grant(self.alice, once=once)
        self.alice.refresh_from_db()
        assert self.alice.credits == 125

    def test_it_refuses_no_reason_and_no_amount(self) -> None:
        for amount, reason in (
            (0, "why"),
            (1, ""),
            (1, "  "),
            ("x", "why"),
            (2_000_000, "why"),
            (-101, "why"),
        ):
            assert self.grant(self.alice, amount=amount, reason=reason).status_code == 200
        self.alice.refresh_from_db()
        assert self.alice.credits == 100

    def test_it_serves_those_with_the_right_alone(self) -> None:
        helper = make_user("helper@example.org", is_staff=True)
        helper.user_permissions.add(
            *Permission.objects.filter(codename__in=["view_user", "change_user"])
        )
        self.client.force_login(helper)
        assert self.grant(self.alice).status_code == 403
        helper.user_permissions.add(Permission.objects.get(codename="add_creditentry"))
        assert self.grant(self.alice).status_code == 302
        self.client.force_login(self.bob)
        assert self.grant(self.alice).status_code == 302
        self.alice.refresh_from_db()
        assert self.alice.credits == 125


class TestLedgerAdmin(AdminTestCase):
    url = "/admin/accounts/creditentry/"

    def test_it_shows_and_finds_entries(self) -> None:
        reference = uuid4()
        hold(user=self.bob, amount=3, reference=reference)
        self.assertContains(self.client.get(self.url), "for the test", 3)
        for term in (str(reference), reference.hex):
            response = self.client.get(self.url, {"q": term})
            self.assertContains(response, str(reference))
            self.assertNotContains(response, "for the test")
        self.assertContains(self.client.get(self.url, {"q": "bob"}), str(reference))

    def test_it_is_read_only(self) -> None:
        entry = CreditEntry.objects.of(self.alice)[0]
        assert self.client.get(f"{self.url}{entry.pk}/change/").status_code == 200
        assert self.client.post(f"{self.url}{entry.pk}/change/", {"amount": 1}).status_code == 403
        assert self.client.post(f"{self.url}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
        assert self.client.get(f"{self.url}add/").status_code == 403
        assert ledger_check.check() == []
