"""Staff with every permission, but without superuser status, cannot raise themselves."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory

from accounts.access import staff_rights
from accounts.models import User
from accounts.tokens import tokens
from generation.testing.cases import make_user

pytestmark = pytest.mark.django_db

APPS_OF_ACCOUNTS = {
    "accounts", "auth", "sessions", "account", "mfa", "socialaccount", "usersessions",
}  # fmt: skip


@pytest.fixture
def root() -> User:
    return make_user("root@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def colleague() -> User:
    return make_user("colleague@example.org", is_staff=True)


@pytest.fixture
def customer() -> User:
    return make_user("customer@example.org")


@pytest.fixture
def helper() -> User:
    """Staff who have each permission of each model."""
    user = make_user("helper@example.org", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    return user


@pytest.fixture
def everybody(root, colleague, customer, helper) -> dict[str, User]:
    return {"root": root, "colleague": colleague, "customer": customer, "helper": helper}


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the guard: everybody may change everybody."""
    monkeypatch.setattr(staff_rights, "may_change", lambda actor, owner: True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form(user: User, **changed: Any) -> dict[str, Any]:
    kept = {"email": user.email, "name": user.name, "language": "en", "time_zone": ""}
    flags = {name: "on" for name in ("is_active", "is_staff") if getattr(user, name)}
    return {**kept, **flags, **changed}


def change(client: Client, user: User, **changed: Any) -> int:
    return client.post(f"/admin/accounts/user/{user.pk}/change/", form(user, **changed)).status_code


class TestRaising:
    @pytest.fixture
    def group(self) -> Group:
        group = Group.objects.create(name="everything")
        group.permissions.set(Permission.objects.all())
        return group

    def raised(self, group: Group) -> dict[str, Any]:
        return {
            "is_staff": "on",
            "is_superuser": "on",
            "groups": [group.pk],
            "user_permissions": list(Permission.objects.values_list("pk", flat=True)[:3]),
        }

    def rights(self, user: User) -> tuple[bool, bool, int, int]:
        user = User.objects.get(pk=user.pk)
        return (
            user.is_staff, user.is_superuser, user.groups.count(), user.user_permissions.count(),
        )  # fmt: skip

    def test_it_gives_no_rights_to_a_customer(self, helper, customer, group) -> None:
        assert change(signed_in(helper), customer, name="New", **self.raised(group)) == 302
        assert self.rights(customer) == (False, False, 0, 0)
        assert User.objects.get(pk=customer.pk).name == "New", "the rest of the form is written"

    def test_a_superuser_gives_them(self, root, customer, group) -> None:
        assert change(signed_in(root), customer, **self.raised(group)) == 302
        assert self.rights(customer) == (True, True, 1, 3)

    def test_it_changes_no_account_of_staff(self, helper, colleague, root, group) -> None:
        for user in (helper, colleague, root):
            before = self.rights(user)
            status = change(signed_in(helper), user, email="x@example.org", **self.raised(group))
            assert status == 403
            assert self.rights(user) == before
            assert User.objects.get(pk=user.pk).email == user.email

    def test_only_the_guard_keeps_them(self, helper, root, unguarded) -> None:
        assert change(signed_in(helper), root, email="mine@example.org") == 302
        assert User.objects.get(pk=root.pk).email == "mine@example.org"

    def test_it_shows_staff_without_a_form(self, helper, root) -> None:
        page = signed_in(helper).get(f"/admin/accounts/user/{root.pk}/change/").content.decode()
        assert root.email in page
        assert 'name="email"' not in page

    def test_it_creates_a_user_without_rights(self, helper, group) -> None:
        data = {"email": "new@example.org", "name": "", **self.raised(group)}
        data |= {"password1": "quiet lighthouse", "password2": "quiet lighthouse"}
        assert signed_in(helper).post("/admin/accounts/user/add/", data).status_code == 302
        assert self.rights(User.objects.get(email="new@example.org")) == (False, False, 0, 0)

    def test_it_changes_no_group(self, helper, group) -> None:
        client, address = signed_in(helper), f"/admin/auth/group/{group.pk}/"
        data = {"name": "mine", "permissions": []}
        assert client.post(f"{address}change/", data).status_code == 403
        assert client.post(f"{address}delete/", {"post": "yes"}).status_code == 403
        assert client.post("/admin/auth/group/add/", data).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
        client.post("/admin/auth/group/", chosen)
        assert list(Group.objects.values_list("name", flat=True)) == ["everything"]

    def test_a_superuser_changes_groups(self, root, group) -> None:
        data = {"name": "renamed", "permissions": []}
        data |= {"quota-TOTAL_FORMS": 0, "quota-INITIAL_FORMS": 0}
        address = f"/admin/auth/group/{group.pk}/change/"
        assert signed_in(root).post(address, data).status_code == 302
        assert Group.objects.get().name == "renamed"


class TestPassword:
    data = {"password1": "quiet lighthouse", "password2": "quiet lighthouse"}

    def set(self, client: Client, user: User) -> int:
        return client.post(f"/admin/accounts/user/{user.pk}/password/", self.data).status_code

    def test_it_sets_those_of_customers_alone(self, helper, everybody) -> None:
        for name, user in everybody.items():
            assert self.set(signed_in(helper), user) == (302 if name == "customer" else 403)
            changed = User.objects.get(pk=user.pk).check_password("quiet lighthouse")
            assert changed == (name == "customer")

    def test_a_superuser_sets_each(self, root, everybody) -> None:
        for user in everybody.values():
            client = signed_in(User.objects.get(pk=root.pk))
            assert self.set(client, user) == 302

    def test_only_the_guard_keeps_them(self, helper, root, unguarded) -> None:
        assert self.set(signed_in(helper), root) == 302


class TestActions:
    def act(self, client: Client, model: str, action: str, *rows: Any) -> str:
        chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
        answer = client.post(f"/admin/accounts/{model}/", chosen, follow=True)
        return answer.content.decode()

    def revoked(self, actor: User, everybody: dict[str, User]) -> set[str]:
        texts = {name: tokens.issue(user=user, name=name) for name, user in everybody.items()}
        rows = [user.tokens.get() for user in everybody.values()]
        self.act(signed_in(actor), "apitoken", "revoke", *rows)
        return {name for name, text in texts.items() if tokens.authenticate(text) is None}

    def test_it_revokes_tokens_of_customers_alone(self, helper, everybody) -> None:
        assert self.revoked(helper, everybody) == {"customer"}

    def test_a_superuser_revokes_each(self, root, everybody) -> None:
        assert self.revoked(root, everybody) == set(everybody)

    def test_only_the_guard_keeps_them(self, helper, everybody, unguarded) -> None:
        assert self.revoked(helper, everybody) == set(everybody)

    def test_it_closes_accounts_of_customers_alone(self, helper, everybody) -> None:
        page = self.act(signed_in(helper), "user", "close_accounts", *everybody.values())
        assert "Only a superuser can change accounts of staff." in page
        inactive = User.objects.filter(is_active=False)
        assert list(inactive.values_list("email", flat=True)) == ["customer@example.org"]

    def test_it_keeps_accounts_of_customers_alone(self, root, helper, colleague, customer) -> None:
        self.act(signed_in(root), "user", "close_accounts", colleague, customer)
        self.act(signed_in(helper), "user", "keep_accounts", colleague, customer)
        active = User.objects.filter(pk__in=[colleague.pk, customer.pk], is_active=True)
        assert list(active) == [customer]


class TestEveryAdmin:
    """Also of models that are registered later, such as second factors."""

    def registered(self) -> list[tuple[Any, str]]:
        """Return each admin of rows that open accounts, with the field of their user."""
        found = [(admin.site.get_model_admin(User), "")]
        for model in apps.get_models():
            if admin.site.is_registered(model) and model._meta.app_label in APPS_OF_ACCOUNTS:
                found += [
                    (admin.site.get_model_admin(model), field.name)
                    for field in model._meta.get_fields()
                    if field.concrete and field.is_relation and field.related_model is User
                ]
        return found

    def test_it_protects_rows_of_staff(self, helper, root) -> None:
        request = RequestFactory().get("/")
        request.user = helper
        open_to_staff = []
        for model_admin, field in self.registered():
            row = model_admin.model(**{field: root}) if field else root
            if model_admin.has_change_permission(request, row):
                open_to_staff.append(model_admin)
            if model_admin.has_delete_permission(request, row):
                open_to_staff.append(model_admin)
        assert open_to_staff == []

    def test_it_lists_no_editable_columns(self) -> None:
        assert [each for each, _ in self.registered() if each.list_editable] == []

    def test_it_protects_each_inline(self, helper, root) -> None:
        request = RequestFactory().get("/")
        request.user = helper
        for model_admin, field in self.registered():
            row = model_admin.model(**{field: root}) if field else root
            for inline in model_admin.get_inline_instances(request, row):
                assert not inline.has_change_permission(request, row), inline
                assert not inline.has_add_permission(request, row), inline
                assert not inline.has_delete_permission(request, row), inline

    def test_it_would_find_an_unprotected_admin(self, helper, root, unguarded) -> None:
        with pytest.raises(AssertionError):
            self.test_it_protects_rows_of_staff(helper, root)
