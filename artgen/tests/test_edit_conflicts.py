"""Two members of staff with the same form open: neither undoes what the other has changed."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connections, transaction
from django.db.models import QuerySet
from django.test import Client, TransactionTestCase
from django.utils import timezone, translation

from accounts.models import GroupQuota
from artgen import formatting
from artgen.testing.cases import BaseTestCase, load_catalog, make_user
from artgen.testing.threads import until_another_waits
from generation.models import Announcement, ImageModel, Style

STYLES = "/admin/generation/style/"
SEEN = re.compile(r'name="seen_values" value="([^"]*)"')


class EditedPages:
    """Read and post forms of the admin as a browser would."""

    client: Client
    address = ""

    def make_row(self) -> None:
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
                for start in ("", "initial-") if bound.field.show_hidden_initial else ("",):
                    fields |= {
                        f"{start}{bound.html_name}_0": local.strftime("%Y-%m-%d"),
                        f"{start}{bound.html_name}_1": local.strftime("%H:%M:%S"),
                    }
            elif value is not None and value is not False and value != "":
                fields[bound.html_name] = "on" if value is True else value
        return fields | {"seen_values": self.seen(page)}

    def opened_list(self) -> dict[str, str]:
        """Return the fields of the list of styles, whose rows can be edited."""
        styles = list(Style.objects.order_by("position", "slug"))
        page = self.client.get(STYLES)
        prefix = page.context["cl"].formset.prefix
        fields = {
            "_save": "1",
            "seen_values": self.seen(page),
            f"{prefix}-TOTAL_FORMS": str(len(styles)),
            f"{prefix}-INITIAL_FORMS": str(len(styles)),
        }
        for number, style in enumerate(styles):
            fields[f"{prefix}-{number}-id"] = str(style.pk)
            fields[f"{prefix}-{number}-position"] = str(style.position)
            if style.enabled:
                fields[f"{prefix}-{number}-enabled"] = "on"
        return fields

    def seen(self, page) -> str:
        """Return the digests of a page."""
        found = SEEN.search(page.content.decode())
        assert found
        return found[1].replace("&quot;", '"')

    def save(self, fields: dict[str, str], address: str = ""):
        headers = {"Accept-Language": "en"}
        return self.client.post(address or self.address, fields, headers=headers)


class EditConflictTestCase(EditedPages, BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)
        self.make_row()


class TestTwoOfStaff(EditConflictTestCase):
    def test_it_asks_before_it_replaces_what_another_has_changed(self) -> None:
        mine = self.opened()
        Announcement.objects.update(text_en="Done at noon")
        page = self.save(mine | {"text_en": "Done at one"})
        self.assertContains(page, "the value is now “Done at noon”")
        self.assertContains(page, 'value="Done at one"')  # what was typed stays
        self.row.refresh_from_db()
        assert self.row.text_en == "Done at noon"
        seen = self.seen(page)
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

    def test_a_time_that_was_left_alone_stays_as_another_has_set_it(self) -> None:
        mine = self.opened()
        later = timezone.now().replace(microsecond=0) + timedelta(days=2)
        Announcement.objects.update(starts_at=later)
        assert self.save(mine | {"text_ru": "Готово"}).status_code == 302
        self.row.refresh_from_db()
        assert (self.row.text_ru, self.row.starts_at) == ("Готово", later)

    def test_a_text_of_several_lines_that_was_left_alone_stays(self) -> None:
        load_catalog()
        model = ImageModel.objects.get(slug="flux-schnell")
        ImageModel.objects.filter(pk=model.pk).update(description_en="One\nTwo")
        address = f"/admin/generation/imagemodel/{model.pk}/change/"
        mine = self.opened(address) | {"description_en": "One\r\nTwo"}  # as browsers send it
        ImageModel.objects.filter(pk=model.pk).update(description_en="Three")
        assert self.save(mine | {"max_in_flight": "3"}, address).status_code == 302
        model.refresh_from_db()
        assert (model.description_en, model.max_in_flight) == ("Three", 3)

    def test_it_says_a_time_as_pages_do(self) -> None:
        mine = self.opened()
        later = timezone.localtime().replace(hour=9, minute=5) + timedelta(days=1)
        Announcement.objects.update(starts_at=later)
        page = self.save(mine | {"starts_at_0": "2031-01-02", "starts_at_1": "10:00"})
        with translation.override("en"):
            self.assertContains(page, f"the value is now “{formatting.moment(later)}”")

    def test_a_page_that_was_refused_still_replaces_nothing_that_was_left_alone(self) -> None:
        mine = self.opened()
        Announcement.objects.update(text_en="Done at noon", level="warning")
        for wrong in ({"text_ru": ""}, {"text_en": "Done at one"}):
            page = self.save(mine | wrong)
            assert page.status_code == 200
            mine |= {"seen_values": self.seen(page)}
        assert self.save(mine | {"text_en": "Done at one"}).status_code == 302
        self.row.refresh_from_db()
        assert (self.row.text_en, self.row.level) == ("Done at one", "warning")

    def test_quotas_of_a_group_that_another_has_set_stay(self) -> None:
        group = Group.objects.create(name="testers")
        quota = GroupQuota.objects.create(group=group, max_batch=2)
        address = f"/admin/auth/group/{group.pk}/change/"
        page = self.client.get(address)
        (inline,) = page.context["inline_admin_formsets"]
        prefix = inline.formset.prefix
        mine = {
            "name": "testers",
            "seen_values": self.seen(page),
            f"{prefix}-TOTAL_FORMS": "1",
            f"{prefix}-INITIAL_FORMS": "1",
            f"{prefix}-0-id": str(quota.pk),
            f"{prefix}-0-group": str(group.pk),
            f"{prefix}-0-max_batch": "2",
        }
        GroupQuota.objects.update(max_batch=1)
        assert self.save(mine | {f"{prefix}-0-max_megapixels": "4"}, address).status_code == 302
        quota.refresh_from_db()
        assert (quota.max_batch, quota.max_megapixels) == (1, 4)
        GroupQuota.objects.update(max_batch=3)
        page = self.save(mine | {f"{prefix}-0-max_batch": "4"}, address)
        self.assertContains(page, "the value is now “3”")
        quota.refresh_from_db()
        assert quota.max_batch == 3

    def test_rows_of_a_list_that_another_has_changed_stay(self) -> None:
        load_catalog()
        mine = self.opened_list()
        first, second = Style.objects.order_by("position", "slug")[:2]
        Style.objects.filter(pk=first.pk).update(enabled=not first.enabled, position=90)
        mine |= {"form-1-position": "80"}
        assert self.save(mine, STYLES).status_code == 302
        values = Style.objects.in_bulk([first.pk, second.pk])
        assert (values[first.pk].enabled, values[first.pk].position) == (not first.enabled, 90)
        assert values[second.pk].position == 80
        mine |= {"form-1-position": "70"}
        page = self.save(mine, STYLES)
        self.assertContains(page, "the value is now “80”")
        assert Style.objects.get(pk=second.pk).position == 80

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
class TestTwoAtOnce(EditedPages, TransactionTestCase):
    """Another member of staff has saved the same row, and has not committed yet."""

    def setUp(self) -> None:
        load_catalog()
        self.client.force_login(make_user("s@example.org", is_staff=True, is_superuser=True))
        self.make_row()

    def save_beside(self, change: Callable[[], object], fields: dict[str, str], address: str):
        """Post the fields, let `change` commit when the request waits for it; return the page."""
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                change()
                page = pool.submit(self.save_and_close, fields, address)
                until_another_waits(lambda: not page.done())
            return page.result()

    def save_and_close(self, fields: dict[str, str], address: str):
        try:
            return self.save(fields, address)
        finally:
            connections.close_all()

    def save_form(self):
        mine = self.opened() | {"text_en": "Done at one"}
        return self.save_beside(
            lambda: Announcement.objects.update(text_en="Done at noon"), mine, self.address
        )

    def save_list(self):
        second = Style.objects.order_by("position", "slug")[1]
        mine = self.opened_list() | {"form-1-position": "70"}
        return self.save_beside(
            lambda: Style.objects.filter(pk=second.pk).update(position=80), mine, STYLES
        )

    def test_a_form_waits_and_asks(self) -> None:
        self.assertContains(self.save_form(), "the value is now “Done at noon”")
        assert Announcement.objects.get().text_en == "Done at noon"

    def test_a_list_waits_and_asks(self) -> None:
        self.assertContains(self.save_list(), "the value is now “80”")
        assert Style.objects.filter(position=80).exists()

    def test_a_list_that_is_posted_without_saving_is_shown(self) -> None:
        """A lock fails outside a transaction."""
        assert self.client.post(STYLES, {}).status_code == 200

    def test_both_would_replace_what_they_have_not_seen_without_locks(self) -> None:
        """The control."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(QuerySet, "select_for_update", lambda rows, **_options: rows)
            assert self.save_form().status_code == 302
            assert self.save_list().status_code == 302
        assert Announcement.objects.get().text_en == "Done at one"
        assert not Style.objects.filter(position=80).exists()


class TestKeys(EditConflictTestCase):
    def test_an_action_ignores_keys_that_no_row_can_have(self) -> None:
        for key in ("9" * 30, "-" + "9" * 30, "x", ""):
            data = {"action": "delete_selected", "_selected_action": [key, str(self.row.pk)]}
            page = self.client.post("/admin/generation/announcement/", data)
            self.assertContains(page, "Maintenance")  # asks whether to delete this one
        assert Announcement.objects.exists()
