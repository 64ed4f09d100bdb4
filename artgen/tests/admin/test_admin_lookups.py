"""Staff cannot read a column that no admin page shows by filtering, sorting or searching by it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory

from generation.models import Style
from generation.testing.cases import make_user

pytestmark = pytest.mark.django_db

ADMINS = [
    pytest.param(admin.site.get_model_admin(model), id=model._meta.label)
    for model in apps.get_models(include_auto_created=True)
    if admin.site.is_registered(model)
]
READING = ("regex", "startswith", "contains", "gt", "in", "lt", "gte", "range", "exact", "isnull")
ALWAYS = {"pk", "pk__exact", "pk__in", "id", "id__exact", "id__in", "user__id__exact"}
OF_FILTERS = {"", "exact", "id__exact", "isnull", "isempty", "gte", "lt"}
SHOWN_UNDER_ANOTHER_NAME = {
    *("user__email", "invited_by__email", "created_by__email", "is_staff"),
    *("expires_at", "created_at", "bytes", "id", "jobs_waiting", "jobs_out"),
    *("change_message", "error_kind", "reason", "job__prompt", "image__job__prompt"),
    *("=ip", "=sha256", "code", "model__name", "model__slug", "endpoints__endpoint_id"),
}
"""What lists sort and search by, and a column or field with another name shows."""


def lookups(model: Any, *, relations: int = 2) -> Iterator[str]:
    """Yield lookups of each column of the model, and of those of related models."""
    for column in model._meta.get_fields(include_hidden=True):
        for name in {column.name, getattr(column, "attname", column.name)}:
            yield name
            yield from (f"{name}__{lookup}" for lookup in READING)
        if column.related_model and relations:
            of_others = lookups(column.related_model, relations=relations - 1)
            yield from (f"{column.name}__{lookup}" for lookup in of_others)


@pytest.mark.slow
@pytest.mark.parametrize("page", ADMINS)
class TestEachAdmin:
    @pytest.fixture
    def request_of_root(self) -> Any:
        request = RequestFactory().get("/")
        request.user = make_user("root@example.org", is_staff=True, is_superuser=True)
        return request

    def test_it_allows_filters_links_and_the_key_only(self, page: Any, request_of_root: Any):
        filters = page.get_list_filter(request_of_root)
        own = {item.parameter_name for item in filters if hasattr(item, "parameter_name")}
        columns = {item if isinstance(item, str) else item[0] for item in filters if _names(item)}
        annotations = page.get_queryset(request_of_root).query.annotations
        tried = {*lookups(page.model), *(f"{name}__regex" for name in annotations)}
        allowed = {path for path in tried if page.lookup_allowed(path, "x", request_of_root)}
        for path in allowed - ALWAYS - own:
            column, _separator, lookup = path.partition("__")
            assert column in columns
            assert lookup in OF_FILTERS

    def test_it_sorts_and_searches_by_what_it_shows(self, page: Any, request_of_root: Any):
        shown = {*page.list_display, *flatten_fieldsets(page.get_fieldsets(request_of_root))}
        methods = (getattr(page, str(name), None) for name in page.list_display)
        orders = {getattr(method, "admin_order_field", None) for method in methods} - {None}
        used = {*orders, *page.get_search_fields(request_of_root)}
        assert page.date_hierarchy is None
        assert used - shown <= SHOWN_UNDER_ANOTHER_NAME

    def test_it_is_referenced_by_the_key_only(self, page: Any, request_of_root: Any):
        others = [field.name for field in page.opts.concrete_fields if not field.primary_key]
        assert [name for name in others if page.to_field_allowed(request_of_root, name)] == []


class TestRequests:
    @pytest.fixture
    def client(self) -> Client:
        viewer = make_user("viewer@example.org", is_staff=True)
        viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        client = Client()
        client.force_login(viewer)
        return client

    @pytest.mark.parametrize(
        "query",
        [
            "usersessions/usersession/?session_key__regex=^a",
            "usersessions/usersession/?user__password__startswith=a",
            "accounts/outgoingemail/?body__regex=a",
            "accounts/apitoken/?digest__startswith=a",
            "accounts/invitation/?digest__gt=a",
            "accounts/user/?password__regex=a",
            "generation/image/?note__regex=a",
            "generation/image/?link_slug__regex=a",
            "generation/image/?prompt_start__regex=a",
            "generation/job/?user__usersession__session_key__regex=a",
        ],
    )
    def test_it_refuses_to_read_a_secret(self, client: Client, query: str):
        assert client.get(f"/admin/{query}").status_code == 400

    @pytest.mark.parametrize("name", ["usersession", "emailaddress", "authenticator"])
    def test_it_completes_only_what_staff_may_see(self, name: str):
        blind = make_user("blind@example.org", is_staff=True)
        client = Client()
        client.force_login(blind)
        app = {"usersession": "usersessions", "emailaddress": "account", "authenticator": "mfa"}
        query = {"app_label": app[name], "model_name": name, "field_name": "user", "term": "a"}
        assert client.get("/admin/autocomplete/", query).status_code == 403
        blind.user_permissions.add(Permission.objects.get(codename="view_user"))
        found = client.get("/admin/autocomplete/", {**query, "user__password__regex": "a"}).json()
        assert found["results"]
        assert {tuple(row) for row in found["results"]} == {("id", "text")}

    def test_an_action_ignores_keys_that_no_row_can_have(self):
        client = Client()
        client.force_login(make_user("root@example.org", is_staff=True, is_superuser=True))
        style = Style.objects.create(slug="chalk", name_en="Chalk", name_ru="Мел", template="x")
        for key in ("9" * 30, "-" + "9" * 30, "x", ""):
            data = {"action": "delete_selected", "_selected_action": [key, str(style.pk)]}
            page = client.post("/admin/generation/style/", data)
            assert "Chalk" in page.content.decode()  # asks whether to delete this one


def _names(list_filter: Any) -> bool:
    return not isinstance(list_filter, type)
