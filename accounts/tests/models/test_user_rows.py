"""Saving a whole user row never overwrites what only conditional UPDATEs change."""

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from uuid_utils.compat import uuid7

from accounts.credits import ledger, ledger_check
from accounts.models import User
from generation.testing.cases import BaseTestCase


class TestSave(BaseTestCase):
    def save_old_row(self) -> User:
        old = User.objects.get(pk=self.alice.pk)
        ledger.grant(user=self.alice, amount=5, reason="test")
        User.objects.filter(pk=self.alice.pk).update(session_epoch=3)
        old.name = "Alice"
        old.save()
        return User.objects.get(pk=self.alice.pk)

    def test_it_keeps_the_balance(self) -> None:
        saved = self.save_old_row()
        assert (saved.name, saved.credits, saved.session_epoch) == ("Alice", 105, 3)
        assert ledger_check.check() == []

    def test_it_would_overwrite_it_without_the_guard(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(User, "save", Model.save)
            assert self.save_old_row().credits == 100

    def test_it_writes_new_rows_whole(self) -> None:
        User(email="new@example.org", credits=7).save()
        assert User.objects.get(email="new@example.org").credits == 7

    def test_it_writes_deferred_rows(self) -> None:
        user = User.objects.only("name").get(pk=self.alice.pk)
        user.name = "Alice"
        user.save()
        assert User.objects.get(pk=self.alice.pk).name == "Alice"


class TestGet(BaseTestCase):
    def test_it_returns_the_user_of_the_id(self) -> None:
        for user in (self.alice, self.bob):
            row = User.objects.get(pk=user.pk)
            assert (row, row.email, row.get_deferred_fields()) == (user, user.email, set())

    def test_it_refuses_unknown_ids_and_those_outside_of_a_relation(self) -> None:
        family = Group.objects.create(name="family")
        family.user_set.add(self.bob)
        for users, id in ((User.objects, uuid7()), (family.user_set, self.alice.pk)):
            with pytest.raises(User.DoesNotExist):
                users.get(pk=id)
        assert family.user_set.get(pk=self.bob.pk) == self.bob
