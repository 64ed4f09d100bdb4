from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.credits import holds, ledger_check
from accounts.models import ApiToken, CreditEntry, User
from accounts.tokens import tokens
from accounts.user_data import deletion
from generation.testing.cases import BaseTestCase, hold, make_user


class TestClose(BaseTestCase):
    def test_it_locks_at_once_and_says_when_it_is_erased(self) -> None:
        text = tokens.issue(user=self.alice, name="laptop")
        before = timezone.now()
        at = deletion.close(user=self.alice, after=timedelta(days=7))
        assert before + timedelta(days=7) <= at <= timezone.now() + timedelta(days=7)
        self.alice.refresh_from_db()
        assert (self.alice.is_active, self.alice.erase_at, self.alice.erased_at) == (
            False,
            at,
            None,
        )
        assert tokens.authenticate(text) is None
        assert not Client().login(username="alice@example.org", password="password")

    def test_it_ends_all_sessions_of_this_user_alone(self) -> None:
        hers, other, bobs = Client(), Client(), Client()
        for client, user in ((hers, self.alice), (other, self.alice), (bobs, self.bob)):
            client.force_login(user)
        deletion.close(user=self.alice, after=deletion.GRACE)
        assert [row.get_decoded()["_auth_user_id"] for row in Session.objects.all()] == [
            str(self.bob.pk)
        ]
        deletion.keep(self.alice)
        assert hers.get("/account/").status_code == other.get("/account/").status_code == 302
        assert bobs.get("/account/").status_code == 200

    def test_it_keeps_the_last_superuser(self) -> None:
        with pytest.raises(deletion.LastSuperuser):
            deletion.close(user=self.staff, after=deletion.GRACE)
        self.staff.refresh_from_db()
        assert self.staff.is_active
        make_user("other@example.org", is_staff=True, is_superuser=True)
        deletion.close(user=self.staff, after=deletion.GRACE)
        self.staff.refresh_from_db()
        assert not self.staff.is_active

    def test_it_does_not_activate_a_locked_account_by_accident(self) -> None:
        deletion.close(user=self.alice, after=deletion.GRACE)
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=self.alice.pk).update(is_active=True)


class TestKeep(BaseTestCase):
    def test_it_unlocks(self) -> None:
        deletion.close(user=self.alice, after=deletion.GRACE)
        deletion.keep(self.alice)
        self.alice.refresh_from_db()
        assert (self.alice.is_active, self.alice.erase_at) == (True, None)
        assert Client().login(username="alice@example.org", password="password")

    def test_it_refuses_once_the_time_has_come_and_for_an_account_that_is_not_closed(self) -> None:
        with pytest.raises(deletion.CannotKeep):
            deletion.keep(self.alice)
        deletion.close(user=self.alice, after=timedelta(0))
        with pytest.raises(deletion.CannotKeep):
            deletion.keep(self.alice)
        assert deletion.due_ids() == [self.alice.pk]


class TestAnonymize(BaseTestCase):
    def close(self, user: User) -> None:
        deletion.close(user=user, after=timedelta(0))

    def test_it_leaves_nothing_of_the_person(self) -> None:
        group = Group.objects.create(name="painters")
        self.alice.groups.add(group)
        User.objects.filter(pk=self.alice.pk).update(
            name="Alice",
            staff_note="Called twice",
            language="ru",
            time_zone="Asia/Omsk",
            is_staff=True,
            last_login=timezone.now(),
        )
        tokens.issue(user=self.alice, name="Alice’s laptop")
        token = ApiToken.objects.get()
        for model, row in ((User, self.alice), (ApiToken, token)):
            LogEntry.objects.create(
                user=self.staff,
                content_type=ContentType.objects.get_for_model(model),
                object_id=str(row.pk),
                object_repr=str(row),
                action_flag=2,
            )
        self.close(self.alice)
        deletion.anonymize(self.alice.pk)
        self.alice.refresh_from_db()
        assert self.alice.email == f"{self.alice.pk}@erased.invalid"
        assert (self.alice.name, self.alice.language, self.alice.time_zone) == ("", "", "")
        assert self.alice.staff_note == ""
        assert not self.alice.has_usable_password()
        assert (self.alice.is_active, self.alice.is_staff, self.alice.is_superuser) == (
            False,
            False,
            False,
        )
        assert self.alice.last_login is None
        assert self.alice.erased_at is not None
        assert not self.alice.groups.exists()
        assert not ApiToken.objects.exists()
        assert sorted(LogEntry.objects.values_list("object_repr", flat=True)) == [
            "",
            self.alice.email,
        ]

    def test_it_keeps_the_ledger_without_texts_and_its_sums(self) -> None:
        spent, released = uuid4(), uuid4()
        for reference in (spent, released):
            hold(user=self.alice, amount=4, reference=reference, reason="my aunt Olga at the sea")
        holds.settle(reference=spent)
        holds.release(reference=released, reason="canceled")
        hold(user=self.bob, amount=4, reason="bob's words")
        amounts = list(
            CreditEntry.objects.filter(user=self.alice)
            .order_by("id")
            .values_list("id", "kind", "amount")
        )
        self.close(self.alice)
        deletion.anonymize(self.alice.pk)
        entries = CreditEntry.objects.filter(user=self.alice).order_by("id")
        assert list(entries.values_list("id", "kind", "amount"))[:-1] == amounts
        last = entries.last()
        assert (last.kind, last.amount, last.balance_after, last.reason) == (
            "adjust",
            -96,
            0,
            "Account erased",
        )
        assert not entries.filter(reason__contains="Olga").exists()
        assert CreditEntry.objects.filter(reason="bob's words").count() == 1
        assert ledger_check.check() == []

    def test_it_changes_nothing_the_second_time(self) -> None:
        self.close(self.alice)
        deletion.anonymize(self.alice.pk)
        before = User.objects.filter(pk=self.alice.pk).values().get()
        deletion.anonymize(self.alice.pk)
        after = User.objects.filter(pk=self.alice.pk).values().get()
        assert {**before, "password": ""} == {**after, "password": ""}
        assert CreditEntry.objects.filter(user=self.alice, kind="adjust").count() == 1

    def test_it_waits_while_credits_are_held(self) -> None:
        hold(user=self.alice, amount=4)
        self.close(self.alice)
        with pytest.raises(deletion.StillBusy):
            deletion.anonymize(self.alice.pk)
        self.alice.refresh_from_db()
        assert self.alice.email == "alice@example.org"

    def test_it_lets_the_address_sign_up_again(self) -> None:
        self.close(self.alice)
        deletion.anonymize(self.alice.pk)
        assert make_user("alice@example.org").pk != self.alice.pk
        with pytest.raises(deletion.AlreadyErased):
            deletion.close(user=self.alice, after=deletion.GRACE)


class TestTrigger(BaseTestCase):
    """What PostgreSQL itself lets through."""

    def write(self, changes: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE accounts_creditentry SET {changes} WHERE user_id = %s", [self.alice.pk]
            )

    def test_it_clears_texts_of_accounts_being_erased_and_nothing_else(self) -> None:
        hold(user=self.alice, amount=4, reason="words")
        with pytest.raises(IntegrityError), transaction.atomic():
            holds.clear_hold_reasons(user=self.alice)
        deletion.close(user=self.alice, after=deletion.GRACE)
        for changes in (
            "reason = 'other words'",
            "reason = '', amount = amount - 1",
            "reason = ''",
        ):
            with pytest.raises(IntegrityError):
                self.write(changes)  # the last one because of the grant among the entries
        assert holds.clear_hold_reasons(user=self.alice) == 1
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_creditentry WHERE user_id = %s", [self.alice.pk])
