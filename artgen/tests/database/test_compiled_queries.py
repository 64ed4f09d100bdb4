"""Compiled querysets: the same rows as the queryset, compiled once, with the values of each call."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet, Value
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiToken, User
from artgen.database.compiled_queries import CompiledQuery
from generation.models import Export


class TestCompiledQuery(TestCase):
    def setUp(self) -> None:
        self.built = 0
        self.alice, self.bob = (
            User.objects.create_user(email=f"{name}@example.org", password="correct horse")
            for name in ("alice", "bob")
        )

    def build(self, user: Any, before: Any) -> QuerySet[Any, Any]:
        self.built += 1
        own = Exists(ApiToken.objects.filter(user=OuterRef("pk")))
        found = (
            User.objects.filter(pk=user, id__lt=before, is_active=True).order_by().annotate(own=own)
        )
        rest = User.objects.filter(email="%", is_staff=True).order_by().annotate(own=Value(True))
        return found.values_list("id", "own", "email").union(
            rest.values_list("id", "own", "email"), all=True
        )

    def test_it_returns_the_rows_of_each_call(self) -> None:
        query, last = CompiledQuery(self.build), UUID(int=2**128 - 1)
        for user in (self.alice, self.bob, self.alice):
            rows = query.rows(user=user.pk, before=last)
            assert rows == [(user.pk, False, user.email)] == list(self.build(user.pk, last))
        assert query.rows(user=self.alice.pk, before=UUID(int=0)) == []

    def test_it_compiles_once(self) -> None:
        query = CompiledQuery(self.build)
        for user in (self.alice, self.bob):
            with CaptureQueriesContext(connection) as asked:
                query.rows(user=user.pk, before=UUID(int=2**128 - 1))
            assert len(asked) == 1
            assert str(user.pk) in str(asked[0]["sql"]) or user.pk.hex in str(asked[0]["sql"])
        assert self.built == 1

    def test_it_refuses_to_choose_a_form_by_a_value(self) -> None:
        query = CompiledQuery(
            lambda email: User.objects.filter(email=email) if email else User.objects.all()
        )
        with pytest.raises(TypeError, match="value of email"):
            query.objects(email="")

    def test_it_counts(self) -> None:
        query = CompiledQuery(
            lambda email: (
                User.objects.filter(email__gte=email)
                .values("is_staff")
                .annotate(count=Count("id"))
                .values_list("count")
            )
        )
        assert query.rows(email="alice@example.org") == [(2,)]
        assert query.rows(email="b") == [(1,)]

    def test_it_returns_values_as_the_fields_do(self) -> None:
        parts, until = [{"pages": 2}], timezone.now()
        Export.objects.create(
            user=self.alice, created_at=until, due_at=None, parts=parts, expires_at=until
        )

        def rows(user: Any) -> QuerySet[Any, Any]:
            return Export.objects.filter(user=user).values_list("parts", "expires_at", "user")

        query = CompiledQuery(rows)
        assert query.rows(user=self.alice.pk) == [(parts, until, self.alice.pk)]
        assert query.rows(user=self.alice.pk) == list(rows(self.alice))

    def test_it_returns_objects_as_django_makes_them(self) -> None:
        ApiToken.objects.create(user=self.alice, name="laptop", digest="1")

        def build(user: Any) -> QuerySet[Any, Any]:
            return ApiToken.objects.filter(user=user).select_related("user").only("name", "user")

        with self.assertNumQueries(1):
            [token] = CompiledQuery(build).objects(user=self.alice.pk)
            assert (token.name, token.user.email) == ("laptop", "alice@example.org")
        assert token.get_deferred_fields() == build(self.alice.pk).get().get_deferred_fields()
