"""Two members of staff with the same form open: neither undoes what the other has changed."""

import json
import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from artgen.testing.cases import BaseTestCase, load_catalog
from generation.models import Announcement, ImageModel

SEEN = re.compile(r'name="seen_values" value="([^"]*)"')


class EditConflictTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)
        self.row = Announcement.objects.create(
            level="information", text_en="Maintenance", text_ru="Работы", starts_at=timezone.now()
        )
        self.address = f"/admin/generation/announcement/{self.row.pk}/change/"

    def opened(self, address: str = "", *, client: Client | None = None) -> dict[str, str]:
        """Return the fields of the open form as a browser would send them."""
        page = (client or self.client).get(address or self.address)
        form = page.context["adminform"].form
        fields: dict[str, str] = {}
        for bound in form:
            value = bound.value()
            names = getattr(bound.field.widget, "widgets_names", None)
            if names and value is not None:
                local = timezone.localtime(value)
                fields |= {
                    f"{bound.html_name}_0": local.strftime("%Y-%m-%d"),
                    f"{bound.html_name}_1": local.strftime("%H:%M:%S"),
                }
            elif value is not None and value is not False and value != "":
                fields[bound.html_name] = "on" if value is True else value
        found = SEEN.search(page.content.decode())
        assert found
        return fields | {"seen_values": found[1].replace("&quot;", '"')}

    def save(self, fields: dict[str, str], address: str = ""):
        headers = {"Accept-Language": "en"}
        return self.client.post(address or self.address, fields, headers=headers)


class TestTwoOfStaff(EditConflictTestCase):
    def test_it_asks_before_it_replaces_what_another_has_changed(self) -> None:
        mine = self.opened()
        Announcement.objects.update(text_en="Done at noon")
        page = self.save(mine | {"text_en": "Done at one"})
        self.assertContains(page, "the value is now “Done at noon”")
        self.assertContains(page, 'value="Done at one"')  # what was typed stays
        self.row.refresh_from_db()
        assert self.row.text_en == "Done at noon"
        again = SEEN.search(page.content.decode())
        assert again
        seen = again[1].replace("&quot;", '"')
        assert self.save(mine | {"text_en": "Done at one", "seen_values": seen}).status_code == 302
        self.row.refresh_from_db()
        assert self.row.text_en == "Done at one"

    def test_it_keeps_changes_of_others_to_fields_that_were_left_alone(self) -> None:
        mine = self.opened()
        Announcement.objects.update(text_en="Done at noon", level="warning")
        assert self.save(mine | {"text_ru": "Готово"}).status_code == 302
        self.row.refresh_from_db()
        assert (self.row.text_en, self.row.level) == ("Done at noon", "warning")
        assert self.row.text_ru == "Готово"

    def test_the_same_change_twice_is_no_conflict(self) -> None:
        mine = self.opened() | {"text_en": "Done"}
        for _time in range(2):  # a double click
            assert self.save(mine).status_code == 302

    def test_a_model_that_was_turned_off_meanwhile_stays_off(self) -> None:
        load_catalog()
        model = ImageModel.objects.get(slug="flux-schnell")
        address = f"/admin/generation/imagemodel/{model.pk}/change/"
        mine = self.opened(address)
        ImageModel.objects.filter(pk=model.pk).update(enabled=False)
        assert self.save(mine | {"max_in_flight": "3"}, address).status_code == 302
        model.refresh_from_db()
        assert (model.enabled, model.max_in_flight) == (False, 3)

    def test_groups_that_another_has_given_stay(self) -> None:
        group = Group.objects.create(name="testers")
        address = f"/admin/accounts/user/{self.alice.pk}/change/"
        mine = self.opened(address)
        self.alice.groups.add(group)
        assert self.save(mine | {"name": "Alice"}, address).status_code == 302
        self.alice.refresh_from_db()
        assert (self.alice.name, list(self.alice.groups.all())) == ("Alice", [group])

    def test_it_saves_without_digests_and_with_wrong_ones(self) -> None:
        mine = self.opened()
        for number, seen in enumerate(("", "x", "[1]", "[" * 9000, '{"text_en": 7, "no": "x"}')):
            text = f"Number {number}"
            reply = self.save(mine | {"seen_values": seen, "text_en": text})
            self.row.refresh_from_db()
            # A wrong digest is one of another value.
            assert (reply.status_code, self.row.text_en == text) == (
                (302, True) if number < 4 else (200, False)
            )

    def test_it_tells_no_secret(self) -> None:
        fields = self.opened(f"/admin/accounts/user/{self.alice.pk}/change/")
        other = self.opened(f"/admin/accounts/user/{self.bob.pk}/change/")
        digests = [json.loads(one["seen_values"]).get("password") for one in (fields, other)]
        assert digests[0] == digests[1]

    @pytest.mark.postgres
    def test_it_locks_the_row_until_it_is_saved(self) -> None:
        mine = self.opened()
        with CaptureQueriesContext(connection) as queries:
            self.save(mine | {"text_en": "Done"})
        locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
        assert [("generation_announcement" in sql) for sql in locks] == [True]


class TestKeys(EditConflictTestCase):
    def test_an_action_ignores_keys_that_no_row_can_have(self) -> None:
        for key in ("9" * 30, "-" + "9" * 30, "x", ""):
            data = {"action": "delete_selected", "_selected_action": [key, str(self.row.pk)]}
            page = self.client.post("/admin/generation/announcement/", data)
            self.assertContains(page, "Maintenance")  # asks whether to delete this one
        assert Announcement.objects.exists()
