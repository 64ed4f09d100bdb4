"""The audit log: what is stored of what staff do, and how it is found."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone

from accounts.user_data import deletion
from artgen.admin import audit
from artgen.admin.audited import AuditedAdmin
from generation.testing.cases import BaseTestCase

URL = "/admin/accounts/auditentry/"


class AuditTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})
        self.client.force_login(self.staff)

    def change(self, **data: Any) -> None:
        form = {"email": "alice@example.org", "name": "", "is_active": "on", "language": "en"}
        address = f"/admin/accounts/user/{self.alice.pk}/change/"
        assert self.client.post(address, {**form, "time_zone": "", **data}).status_code == 302

    def log(self, text: str = "", *, row: Any = None, days: float = 0, by: Any = None) -> LogEntry:
        audit.record(actor=by or self.staff, row=row or self.alice, text=text)
        entry = LogEntry.objects.order_by("pk").last()
        assert entry
        entry.action_time -= timedelta(days=days)
        entry.save(update_fields=["action_time"])
        return entry

    def found(self, **query: str) -> set[str]:
        """Return the texts of the entries in the list."""
        response = self.client.get(URL, query)
        assert response.status_code == 200
        return {entry.change_message for entry in response.context["cl"].result_list}


class TestValues(AuditTestCase):
    def test_it_stores_old_and_new_values_of_changed_fields(self) -> None:
        self.change(name="Alice", max_jobs_per_day="5")
        (entry,) = LogEntry.objects.all()
        assert [(value.field, value.old, value.new) for value in audit.values_of(entry)] == [
            ("name", "", "Alice"),
            ("jobs per day", "", "5"),
        ]
        page = self.client.get(URL)
        self.assertContains(page, "<del>–</del> → <ins>Alice</ins>", html=False)
        assert "Changed" in entry.get_change_message(), "Django's own page reads it, too"

    def test_it_names_chosen_objects(self) -> None:
        group = Group.objects.create(name="moderators")
        self.change(groups=str(group.pk))
        (value,) = audit.values_of(LogEntry.objects.get())
        assert (value.old, value.new) == ("", "moderators")

    def test_it_never_stores_a_password(self) -> None:
        address = f"/admin/accounts/user/{self.alice.pk}/password/"
        data = {"password1": "quiet lighthouse", "password2": "quiet lighthouse"}
        assert self.client.post(address, data).status_code == 302
        new = {"email": "carl@example.org", "name": "Carl", **data}
        assert self.client.post("/admin/accounts/user/add/", new).status_code == 302
        assert LogEntry.objects.count() == 2
        stored = str(list(LogEntry.objects.values_list("change_message", "object_repr")))
        assert "quiet lighthouse" not in stored
        assert "Carl" in stored

    def test_it_hides_values_by_the_name_of_their_field(self) -> None:
        for name in ("password", "api_key", "apikey", "client_secret", "token", "digest"):
            assert audit.as_text(name, "open sesame") == audit.HIDDEN
            assert audit.as_text(name, "") == ""
        assert audit.as_text("name", "open sesame") == "open sesame"

    def test_it_stores_what_was_added_to_a_list_and_removed_from_it(self) -> None:
        groups = [Group.objects.create(name=f"group {number}") for number in range(3)]
        self.alice.groups.set(groups[:2])
        self.change(groups=[str(group.pk) for group in groups[1:]])
        (value,) = audit.values_of(LogEntry.objects.get())
        assert (value.old, value.new) == ("group 0", "group 2")

    def test_each_page_of_the_admin_stores_them(self) -> None:
        without = [
            f"{type(page).__module__}.{type(page).__name__}"
            for model in apps.get_models()
            if admin.site.is_registered(model)
            and not isinstance(page := admin.site.get_model_admin(model), AuditedAdmin)
        ]
        assert without == [], "derive them from artgen.admin.audited.AuditedAdmin"

    def test_it_forgets_the_address_of_an_erased_account(self) -> None:
        self.change(name="Alice", email="old@example.org")
        self.alice.refresh_from_db()
        self.log("compared with OLD@example.org", row=self.bob)
        deletion.close(user=self.alice, after=timedelta(0))
        deletion.anonymize(self.alice.pk)
        stored = str(list(LogEntry.objects.values_list("change_message", "object_repr")))
        assert "old@example.org" not in stored.lower()
        assert f"{self.alice.pk}@erased.invalid" in stored


class TestSearch(AuditTestCase):
    def test_it_finds_by_words_and_their_beginnings(self) -> None:
        self.log("banned until Friday: spam in Explore")
        self.log("+25 credits: prize", row=self.bob)
        assert self.found(q="spam") == {"banned until Friday: spam in Explore"}
        assert self.found(q="ban EXPL") == {"banned until Friday: spam in Explore"}
        assert self.found(q="bob") == {"+25 credits: prize"}
        assert self.found(q="spam prize") == set()

    def test_it_finds_by_object_and_person(self) -> None:
        root = self.make_user("root@example.org", is_staff=True, is_superuser=True)
        self.log("one")
        self.log("two", row=self.bob, by=root)
        self.log("three", row=root)
        assert self.found(q=str(self.alice.pk)) == {"one"}
        assert self.found(object_id__exact=str(self.bob.pk)) == {"two"}
        assert self.found(user__id__exact=str(root.pk)) == {"two"}
        assert self.found(q="root@example.org") == {"two", "three"}
        kind = ContentType.objects.get_for_model(Group).pk
        assert self.found(kind=str(kind)) == set()

    def test_it_finds_by_day(self) -> None:
        for text, days in (("today", 0), ("last week", 7), ("last year", 365)):
            self.log(text, days=days)
        today = timezone.localdate()
        day = timedelta(days=1)
        assert self.found(**{"from": str(today)}) == {"today"}
        assert self.found(to=str(today - day)) == {"last week", "last year"}
        assert self.found(**{"from": str(today - 7 * day), "to": str(today - 7 * day)}) == {
            "last week"
        }

    def test_it_is_read_only(self) -> None:
        entry = self.log("one")
        for address in (f"{URL}add/", f"{URL}{entry.pk}/delete/"):
            assert self.client.post(address, {"post": "yes"}).status_code == 403, address
        self.client.post(f"{URL}{entry.pk}/change/", {"change_message": "another"})
        self.client.post(
            URL, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
        )
        assert LogEntry.objects.get().change_message == "one"
