import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts.credits import ledger
from accounts.models import ApiToken, User
from accounts.tokens import token_cache, tokens
from accounts.user_data import deletion
from generation.testing.cases import BaseTestCase


class TestToken(BaseTestCase):
    def test_it_keeps_the_hash_alone(self) -> None:
        text = tokens.issue(user=self.alice, name="laptop")
        assert len(text) == 43
        assert text.startswith("ag_")
        token = ApiToken.objects.get()
        assert (token.user, token.name, token.prefix) == (self.alice, "laptop", text[:8])
        assert token.digest == hashlib.sha256(text.encode()).hexdigest()
        assert token.last_used_at is None

    def test_it_knows_its_user(self) -> None:
        alices, bobs = (
            tokens.issue(user=self.alice, name="a"),
            tokens.issue(user=self.bob, name="a"),
        )
        assert tokens.authenticate(alices) == self.alice
        assert tokens.authenticate(bobs) == self.bob

    def test_it_is_useless_once_revoked(self) -> None:
        text, other = (
            tokens.issue(user=self.alice, name="a"),
            tokens.issue(user=self.alice, name="b"),
        )
        tokens.revoke(user=self.alice, name="a")
        assert tokens.authenticate(text) is None
        assert tokens.authenticate(other) == self.alice
        with pytest.raises(tokens.NoSuchToken):
            tokens.revoke(user=self.alice, name="a")

    def test_it_is_useless_while_its_user_is_switched_off(self) -> None:
        text = tokens.issue(user=self.alice, name="a")
        User.objects.filter(pk=self.alice.pk).update(is_active=False)
        assert tokens.authenticate(text) is None
        assert tokens.owners([text]) == {}

    def test_it_is_useless_once_expired(self) -> None:
        now = timezone.now()
        text = tokens.issue(user=self.alice, name="a", expires_at=now + timedelta(hours=1))
        assert tokens.authenticate(text) == self.alice
        cache.clear()
        ApiToken.objects.update(expires_at=now)
        assert tokens.authenticate(text) is None
        assert tokens.owners([text]) == {}

    def test_it_is_not_cached_beyond_its_end(self) -> None:
        text = tokens.issue(
            user=self.alice, name="a", expires_at=timezone.now() + timedelta(seconds=9)
        )
        assert tokens.authenticate(text) == self.alice
        ApiToken.objects.update(expires_at=timezone.now())
        assert tokens.authenticate(text) is None

    def test_it_knows_its_scopes_from_the_row_and_from_the_cache(self) -> None:
        text = tokens.issue(user=self.alice, name="a", scopes=["create", "read"])
        limited = tokens.issue(user=self.alice, name="b", credit_limit=5)
        for _ in range(2):
            found, other = tokens.access(text), tokens.access(limited)
            assert found is not None
            assert other is not None
            assert (found.scopes, found.has_limit) == ({"read", "create"}, False)
            assert (other.scopes, other.has_limit) == ({"read", "create", "manage"}, True)
            assert other.token_id == ApiToken.objects.get(name="b").pk

    def test_it_opens_no_socket_without_the_right_to_read(self) -> None:
        text = tokens.issue(user=self.alice, name="a", scopes=["create", "manage"])
        assert tokens.owners([text]) == {}

    def test_it_keeps_all_rights_of_tokens_of_earlier_versions(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_apitoken (id, user_id, name, digest, prefix, created_at) "
                "VALUES (%s, %s, 'old', %s, 'ag_', %s)",
                [uuid4(), self.alice.pk, hashlib.sha256(b"ag_old").hexdigest(), timezone.now()],
            )
        found = tokens.access("ag_old")
        assert found is not None
        assert found.scopes == {"read", "create", "manage"}
        assert not found.has_limit

    def test_it_revokes_all_of_one_user(self) -> None:
        texts = [tokens.issue(user=self.alice, name=name) for name in "ab"]
        bobs = tokens.issue(user=self.bob, name="a")
        assert tokens.revoke_all(user=self.alice) == 2
        assert [tokens.authenticate(text) for text in texts] == [None, None]
        assert tokens.authenticate(bobs) == self.bob

    def test_it_frees_the_name_on_revoking(self) -> None:
        tokens.issue(user=self.alice, name="a")
        with pytest.raises(tokens.TokenNameTaken):
            tokens.issue(user=self.alice, name="a")
        tokens.issue(user=self.bob, name="a")
        tokens.revoke(user=self.alice, name="a")
        assert tokens.authenticate(tokens.issue(user=self.alice, name="a")) == self.alice
        assert ApiToken.objects.filter(user=self.bob, revoked_at=None).count() == 1

    def test_it_revokes_no_token_of_another_user(self) -> None:
        text = tokens.issue(user=self.alice, name="a")
        with pytest.raises(tokens.NoSuchToken):
            tokens.revoke(user=self.bob, name="a")
        assert tokens.authenticate(text) == self.alice

    def test_it_notes_its_use_at_most_once_a_minute(self) -> None:
        text = tokens.issue(user=self.alice, name="a")
        with self.assertNumQueries(2):
            tokens.authenticate(text)
        first = ApiToken.objects.get().last_used_at
        assert first is not None
        cache.clear()
        with self.assertNumQueries(1):
            tokens.authenticate(text)
        assert ApiToken.objects.get().last_used_at == first
        cache.clear()
        ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
        with self.assertNumQueries(2):
            tokens.authenticate(text)
        assert ApiToken.objects.get().last_used_at >= first

    def test_it_notes_another_program_within_the_minute(self) -> None:
        text = tokens.issue(user=self.alice, name="a")
        for program in ("curl/8.14", "OpenAI/Python 3.57.0", "x" * 99 + "\0\n" + "yz"):
            cache.clear()
            with self.assertNumQueries(2):
                tokens.access(text, program=program)
        token = ApiToken.objects.get()
        assert token.last_used_by == "x" * 99 + "y"

    def test_it_knows_the_users_of_many_with_two_statements(self) -> None:
        texts = [tokens.issue(user=self.alice, name="a"), tokens.issue(user=self.bob, name="b")]
        revoked = tokens.issue(user=self.bob, name="old")
        tokens.revoke(user=self.bob, name="old")
        with self.assertNumQueries(2):
            found = tokens.owners([*texts, revoked, "ag_made-up"])
        owners = [tokens.TokenOwner(user, expires_at=None) for user in (self.alice, self.bob)]
        assert found == dict(zip(texts, owners, strict=True))
        assert not ApiToken.objects.filter(revoked_at=None, last_used_at=None).exists()
        with self.assertNumQueries(1):
            tokens.owners(texts)


class TestRemembered(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.text = tokens.issue(user=self.alice, name="a")
        tokens.authenticate(self.text)

    def test_it_asks_the_database_once_in_a_while(self) -> None:
        with self.assertNumQueries(0):
            user = tokens.authenticate(self.text)
            assert user == self.alice
            for name in token_cache.COLUMNS:
                assert getattr(user, name) == getattr(self.alice, name), name

    def test_it_refuses_a_revoked_token_at_once(self) -> None:
        tokens.revoke(user=self.alice, name="a")
        assert tokens.authenticate(self.text) is None

    def test_it_refuses_a_locked_accounts_token_at_once(self) -> None:
        deletion.close(user=self.alice, after=deletion.GRACE)
        assert tokens.authenticate(self.text) is None
        deletion.keep(self.alice)
        assert tokens.authenticate(self.text) == self.alice

    def test_it_does_not_cache_a_token_revoked_during_a_slow_read(self) -> None:
        cache.clear()
        values = [
            getattr(self.alice, name) for name in token_cache.COLUMNS
        ]  # read before it was revoked
        tokens.revoke(user=self.alice, name="a")
        token = ApiToken.objects.get()
        token_cache.keep(token.digest, values, (token.pk, token.scopes, False))
        assert tokens.authenticate(self.text) is None

    def test_it_would_cache_it_without_the_mark(self) -> None:
        cache.clear()
        values = [getattr(self.alice, name) for name in token_cache.COLUMNS]
        tokens.revoke(user=self.alice, name="a")
        cache.clear()
        token = ApiToken.objects.get()
        token_cache.keep(token.digest, values, (token.pk, token.scopes, False))
        assert tokens.authenticate(self.text) == self.alice

    def test_it_tells_the_balance_of_now(self) -> None:
        ledger.grant(user=self.alice, amount=5, reason="test")
        user = tokens.authenticate(self.text)
        assert user is not None
        assert user.credits == 105
