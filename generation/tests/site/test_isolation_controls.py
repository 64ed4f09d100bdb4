"""The isolation suite finds each guard that is missing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.backends import ModelBackend
from django.db.models import F
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.tokens import tokens
from accounts.tokens.permissions import TokenScope
from artgen.database.compiled_queries import compiled
from generation.files import disk
from generation.imaging import metadata
from generation.models import (
    CollectionQuerySet,
    ExportQuerySet,
    ImageQuerySet,
    Job,
    JobEvent,
    JobQuerySet,
    ModerationRule,
)
from generation.testing.isolation import owned_data
from generation.testing.isolation.access import METHODS
from generation.testing.isolation.identities import (
    ANONYMOUS,
    LOCKED,
    LOCKED_TOKEN,
    OTHER,
    OTHERS_TOKEN,
    READER,
    REVOKED,
    STAFF,
    Identity,
)
from generation.testing.isolation.routes import site_routes
from generation.testing.isolation.rows import Tables
from generation.testing.isolation.suite import forgeries, violations

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _forget_unguarded_queries() -> Iterator[None]:
    """Let no later test run a query that was compiled without a guard."""
    yield
    compiled.cache_clear()


def _everybodys(queryset: Any) -> Callable[[Patch], None]:
    def remove(patch: Patch) -> None:
        patch.setattr(queryset, "of", lambda rows, user: rows)

    return remove


def _without(condition: str) -> Callable[[Patch], None]:
    assert condition in tokens.OWNER

    def remove(patch: Patch) -> None:
        patch.setattr(tokens, "OWNER", tokens.OWNER.replace(condition, ""))

    return remove


def _let_in_the_locked(patch: Patch) -> None:
    patch.setattr(ModelBackend, "user_can_authenticate", lambda backend, user: True)


def _give_all_rights(patch: Patch) -> None:
    patch.setattr(User, "has_perm", lambda user, *_: True)
    patch.setattr(User, "has_module_perms", lambda user, *_: True)


def _everybodys_factors(patch: Patch) -> None:
    rows = lambda view: Authenticator.objects.all()  # noqa: E731
    patch.setattr(RemoveWebAuthnView, "get_queryset", rows)


def _open_the_admin(patch: Patch) -> None:
    patch.setattr(AdminSite, "has_permission", lambda site, request: True)


def _allow_every_scope(patch: Patch) -> None:
    patch.setattr(TokenScope, "has_permission", lambda *_: True)


def _keep_the_prompt_in_the_file(patch: Patch) -> None:
    patch.setattr(metadata, "without_parameters", lambda data: data)


def _show_the_prompt_while_refusing(patch: Patch) -> None:
    _replace_view(
        patch, "job", lambda request, job_id: HttpResponse(owned_data.mark("prompt"), status=404)
    )


def _fail(patch: Patch) -> None:
    def view(request: HttpRequest, job_id: Any) -> HttpResponse:
        raise RuntimeError("a bug")

    _replace_view(patch, "job", view)


def _replace_view(patch: Patch, name: str, view: Callable[..., HttpResponse]) -> None:
    from generation import urls

    (pattern,) = [one for one in urls.urlpatterns if one.name == name]
    patch.setattr(pattern, "callback", view)


@pytest.mark.parametrize(
    ("remove_guard", "identity", "route"),
    [
        (_everybodys(JobQuerySet), OTHER, "job"),
        (_everybodys(JobQuerySet), OTHERS_TOKEN, "api_job"),
        (_everybodys(JobQuerySet), OTHER, "cancel_job"),
        (_everybodys(JobQuerySet), OTHERS_TOKEN, "api/v1/jobs/"),
        (_everybodys(ImageQuerySet), OTHER, "image"),
        (_everybodys(ImageQuerySet), OTHER, "gallery"),
        (_everybodys(ImageQuerySet), OTHER, "trash_selection"),
        (_everybodys(ImageQuerySet), OTHER, "download_selection"),
        (_everybodys(ImageQuerySet), OTHERS_TOKEN, "api/v1/images/{image_id}/"),
        (_everybodys(CollectionQuerySet), OTHER, "collections"),
        (_everybodys(CollectionQuerySet), OTHERS_TOKEN, "api/v1/collections/{collection_id}/"),
        (_everybodys(ExportQuerySet), OTHER, "download_export"),
        (_without("AND token.revoked_at IS NULL"), REVOKED, "api/v1/account/"),
        (_without("AND owner.is_active"), LOCKED_TOKEN, "api/v1/account/"),
        (_allow_every_scope, READER, "api/v1/jobs/"),
        (_allow_every_scope, READER, "api/v1/images/{image_id}/"),
        (_everybodys_factors, OTHER, "mfa_remove_webauthn"),
        (_let_in_the_locked, LOCKED, "account"),
        (_give_all_rights, STAFF, "admin:generation_job_changelist"),
        (_give_all_rights, STAFF, "admin:accounts_user_change"),
        (_open_the_admin, ANONYMOUS, "admin:index"),
        (_keep_the_prompt_in_the_file, ANONYMOUS, "shared_image"),
        (_show_the_prompt_while_refusing, OTHER, "job"),
        (_fail, OTHER, "job"),
    ],
)
def test_it_finds_a_guard_that_is_missing(
    monkeypatch: Patch, remove_guard: Callable[[Patch], None], identity: Identity, route: str
) -> None:
    data, tables = owned_data.make(), Tables()
    tried = [one for one in site_routes() if one.name == route]
    assert list(violations(data, identity, tried, tables=tables)) == []
    remove_guard(monkeypatch)
    compiled.cache_clear()  # of queries with the guard
    assert list(violations(data, identity, tried, tables=tables)) != []


@pytest.mark.parametrize(
    ("write", "table"),
    [
        (lambda rows: ModerationRule.objects.create(pattern="x"), "generation_moderationrule"),
        (lambda rows: rows.update(dismissed_at=None, version=F("version") + 1), "generation_job"),
        (lambda rows: JobEvent.objects.filter(job__in=rows).delete(), "generation_jobevent"),
    ],
    ids=["insert", "update", "delete"],
)
def test_it_finds_each_write_of_a_view_that_refuses(
    monkeypatch: Patch, write: Callable[[Any], object], table: str
) -> None:
    data, tables = owned_data.make(), Tables()
    tried = [one for one in site_routes() if one.name == "job"]

    def view(request: HttpRequest, job_id: Any) -> HttpResponse:
        write(Job.objects.filter(pk=job_id))
        return HttpResponse(status=404)

    _replace_view(monkeypatch, "job", view)
    other = replace(OTHER, wrong_methods=METHODS)
    found = list(violations(data, other, tried, tables=tables))
    assert len([one for one in found if f"refused and changed {table}: " in one]) == len(METHODS)


def test_it_finds_a_signature_that_is_not_checked(monkeypatch: Patch) -> None:
    data, tables = owned_data.make(), Tables()
    tried = [one for one in site_routes() if one.name == "media"]
    monkeypatch.setattr(disk, "is_signed", lambda name, **signed: True)
    assert list(forgeries(data, ANONYMOUS, tried, tables=tables)) != []
