import re
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from accounts.emails import outbox
from accounts.models import ApiToken, User
from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase, hold

PASSWORD = "lighthouse at dusk"


class CommandTestCase(BaseTestCase):
    def run_command(self, *arguments: str) -> tuple[str, str]:
        out, err = StringIO(), StringIO()
        call_command(*arguments, stdout=out, stderr=err)
        return out.getvalue().strip(), err.getvalue().strip()


class TestCreateUser(CommandTestCase):
    @override_settings(DEFAULT_CREDITS=50)
    def test_it_creates_a_user_with_the_starting_credits(self) -> None:
        assert self.run_command("create_user", "Carol@Example.org", "--password", PASSWORD) == (
            "Created carol@example.org",
            "",
        )
        carol = User.objects.get(email="carol@example.org")
        assert carol.check_password(PASSWORD)
        assert (carol.credits, carol.is_staff, carol.is_superuser) == (50, False, False)

    def test_it_makes_up_a_password_for_a_new_user_alone(self) -> None:
        _out, err = self.run_command("create_user", "carol@example.org")
        assert User.objects.get(email="carol@example.org").check_password(err.rpartition(" ")[2])
        assert self.run_command("create_user", "carol@example.org") == (
            "Unchanged: carol@example.org",
            "",
        )
        assert User.objects.get(email="carol@example.org").check_password(err.rpartition(" ")[2])

    def test_it_takes_a_starting_balance_once(self) -> None:
        for _ in range(3):
            self.run_command(
                "create_user", "carol@example.org", "--credits", "1000", "--password", PASSWORD
            )
        carol = User.objects.get(email="carol@example.org")
        assert carol.credits == 1000
        assert carol.entries.count() == 1
        self.run_command("create_user", "dora@example.org", "--credits", "0")
        self.run_command("create_user", "dora@example.org")
        assert User.objects.get(email="dora@example.org").credits == 0

    def test_it_updates_what_is_said_and_nothing_else(self) -> None:
        self.client.force_login(self.alice)
        self.run_command("create_user", "alice@example.org", "--staff")
        self.alice.refresh_from_db()
        assert (self.alice.is_staff, self.alice.is_superuser) == (True, False)
        assert self.client.get("/account/").status_code == 200
        self.run_command("create_user", "alice@example.org", "--password", PASSWORD)
        self.alice.refresh_from_db()
        assert self.alice.check_password(PASSWORD)
        assert self.alice.is_staff

    def test_it_makes_staff_or_a_superuser(self) -> None:
        for option, rights in (("--staff", (True, False)), ("--superuser", (True, True))):
            self.run_command("create_user", "carol@example.org", option)
            carol = User.objects.get(email="carol@example.org")
            assert (carol.is_staff, carol.is_superuser) == rights

    def test_it_says_that_staff_need_rights(self) -> None:
        note = "has no rights in the admin yet"
        for options, is_shown in ((("--staff",), True), ((), True), (("--superuser",), False)):
            out_and_err = self.run_command(
                "create_user", "carol@example.org", "--password", PASSWORD, *options
            )
            assert (note in out_and_err[1]) is is_shown

    def test_it_refuses_nonsense(self) -> None:
        for arguments in (
            ("nonsense",),
            ("x@example.org", "--name", "x" * 101),
            (f"x@{'y' * 60}.{'y' * 60}.{'y' * 60}.{'y' * 60}.{'y' * 20}.org",),
            ("x@example.org", "--credits", "-1"),
            ("x@example.org", "--password", ""),
        ):
            with pytest.raises(CommandError):
                self.run_command("create_user", *arguments)
        assert User.objects.count() == 3


class TestIssueToken(CommandTestCase):
    def test_it_prints_the_token_alone(self) -> None:
        out, err = self.run_command("issue_token", "ALICE@example.org", "--name", "laptop")
        assert err == ""
        assert tokens.authenticate(out) == self.alice
        assert ApiToken.objects.get().name == "laptop"

    def test_it_takes_scopes_expiry_and_limit(self) -> None:
        now = timezone.now()
        out, _err = self.run_command(
            *("issue_token", "alice@example.org", "--scope", "create", "--scope", "read"),
            *("--expires", "30", "--limit", "25"),
        )
        found, token = tokens.access(out), ApiToken.objects.get()
        assert found is not None
        assert found.scopes == {"read", "create"}
        assert (token.credit_limit, (token.expires_at - now).days) == (25, 30)
        outbox.send_due()
        assert [email.subject for email in mail.outbox] == [
            "A new API token for your ArtGen account"
        ]

    def test_it_says_what_is_wrong(self) -> None:
        self.run_command("issue_token", "alice@example.org", "--name", "laptop")
        User.objects.filter(pk=self.bob.pk).update(is_active=False)
        for arguments, words in (
            (("nobody@example.org",), "There is no user nobody@example.org."),
            (("alice@example.org", "--name", "laptop"), "A token with this name exists"),
            (("alice@example.org", "--name", " "), "1 to 100 characters"),
            (("bob@example.org",), "is inactive"),
            (
                ("alice@example.org", "--expires", "0"),
                "--expires: must be a whole number from 1 to",
            ),
            (("alice@example.org", "--limit", "0"), "--limit: must be a whole number from 1 to"),
            (("alice@example.org", "--scope", "everything"), "invalid choice"),
        ):
            with pytest.raises(CommandError, match=re.escape(words)):
                self.run_command("issue_token", *arguments)
        assert ApiToken.objects.count() == 1


class TestRevokeToken(CommandTestCase):
    def test_it_revokes(self) -> None:
        text = tokens.issue(user=self.alice, name="laptop")
        assert (
            self.run_command("revoke_token", "alice@example.org", "laptop")[0]
            == "Revoked 'laptop' of alice@example.org"
        )
        assert tokens.authenticate(text) is None

    def test_it_says_what_is_wrong(self) -> None:
        tokens.issue(user=self.alice, name="laptop")
        with pytest.raises(
            CommandError, match=re.escape("has no token 'phone'. Live tokens: laptop.")
        ):
            self.run_command("revoke_token", "alice@example.org", "phone")
        with pytest.raises(CommandError, match="There is no user"):
            self.run_command("revoke_token", "nobody@example.org", "laptop")


class TestGrantCredits(CommandTestCase):
    def test_it_grants(self) -> None:
        out, _err = self.run_command(
            "grant_credits", "Alice@example.org", "25", "--reason", "prize"
        )
        assert out == "Granted 25 credits to alice@example.org; free to spend now: 125"
        entry = self.alice.entries.order_by("-created_at", "-id")[0]
        assert (entry.kind, entry.amount, entry.reason, entry.actor) == ("grant", 25, "prize", None)

    def test_it_says_what_is_wrong(self) -> None:
        for email, amount, reason in (
            ("nobody@example.org", "1", "why"),
            ("alice@example.org", "0", "why"),
            ("alice@example.org", "-5", "why"),
            ("alice@example.org", "1", " "),
            ("alice@example.org", "1", "x" * 301),
            ("alice@example.org", str(10**20), "why"),
        ):
            with pytest.raises(CommandError):
                self.run_command("grant_credits", email, amount, "--reason", reason)
        with pytest.raises(CommandError):
            self.run_command("grant_credits", "alice@example.org", "1")
        self.alice.refresh_from_db()
        assert self.alice.credits == 100


class TestCheckLedger(CommandTestCase):
    def test_it_says_that_all_is_well(self) -> None:
        hold(user=self.alice, amount=1)
        assert self.run_command("check_ledger")[0] == "The ledger adds up: 3 users, 4 entries."

    def test_it_shows_differences_and_fails(self) -> None:
        User.objects.filter(pk=self.alice.pk).update(credits=90)
        out = StringIO()
        with pytest.raises(CommandError) as caught:
            call_command("check_ledger", stdout=out)
        assert caught.value.returncode == 1
        assert out.getvalue().splitlines() == [
            "user               what     stored  entries say  difference",
            "alice@example.org  credits      90          100         -10",
        ]
