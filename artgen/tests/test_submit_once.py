"""Forms of new objects that are sent twice, as a double click does."""

import re
from threading import Barrier
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client, TransactionTestCase

from artgen.admin import submit_once
from artgen.testing.cases import BaseTestCase, make_user
from artgen.testing.services import free_port
from artgen.testing.shared_cache import shared
from artgen.testing.threads import in_threads
from generation.models import Announcement, Style

KEY = re.compile(r'name="form_key" value="([^"]+)"')
ANNOUNCEMENTS = "/admin/generation/announcement/"
STYLES = "/admin/generation/style/"
STYLE = {
    "slug": "chalk",
    "name_en": "Chalk",
    "name_ru": "Мел",
    "template": "{prompt}, chalk",
    "position": "5",
}

ANNOUNCEMENT = {
    "level": "information",
    "text_en": "Maintenance",
    "text_ru": "Работы",
    "starts_at_0": "2031-01-02",
    "starts_at_1": "10:00",
}


class FormTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)

    def key(self, page) -> str:
        """Return the key of the form of a page."""
        found = KEY.search(page.content.decode())
        assert found
        return found[1]

    def form(self, address: str) -> dict[str, str]:
        """Return the key of a new form."""
        return {"form_key": self.key(self.client.get(f"{address}add/"))}

    def send(self, address: str, fields: dict[str, str]):
        return self.client.post(
            f"{address}add/", fields, headers={"Accept-Language": "en"}, follow=True
        )


class TestNewObject(FormTestCase):
    def test_it_is_saved_once(self) -> None:
        fields = self.form(ANNOUNCEMENTS) | ANNOUNCEMENT
        self.send(ANNOUNCEMENTS, fields)
        page = self.send(ANNOUNCEMENTS, fields)
        self.assertContains(page, "This was already saved.")
        assert page.redirect_chain == [(ANNOUNCEMENTS, 302)]
        assert Announcement.objects.count() == 1
        self.send(ANNOUNCEMENTS, self.form(ANNOUNCEMENTS) | ANNOUNCEMENT)  # the same, again
        assert Announcement.objects.count() == 2

    def test_that_of_a_popup_is_saved_once(self) -> None:
        """Its response is a page that closes the popup, no redirect."""
        fields = self.form(ANNOUNCEMENTS) | ANNOUNCEMENT | {"_popup": "1"}
        self.assertContains(self.send(ANNOUNCEMENTS, fields), "data-popup-response")
        self.assertContains(self.send(ANNOUNCEMENTS, fields), "This was already saved.")
        assert Announcement.objects.count() == 1

    def test_one_that_another_would_be_equal_to_is_no_error(self) -> None:
        fields = self.form(STYLES) | STYLE
        self.send(STYLES, fields)
        self.assertContains(self.send(STYLES, fields), "This was already saved.")
        page = self.send(STYLES, fields | self.form(STYLES))
        self.assertContains(page, "already exists")

    def test_a_form_that_was_refused_can_be_sent_again(self) -> None:
        fields = self.form(STYLES) | STYLE
        page = self.send(STYLES, fields | {"name_ru": ""})
        assert self.key(page) == fields["form_key"]
        self.send(STYLES, fields)
        assert Style.objects.get(slug="chalk").name_ru == "Мел"

    def test_it_is_saved_while_redis_is_away(self) -> None:
        """It may be the announcement that something is away."""
        with shared(f"redis://127.0.0.1:{free_port()}/0"):
            self.send(ANNOUNCEMENTS, self.form(ANNOUNCEMENTS) | ANNOUNCEMENT)
        assert Announcement.objects.count() == 1

    def test_it_is_saved_without_a_key_and_with_a_wrong_one(self) -> None:
        for number, key in enumerate(("", "x", "0" * 400)):
            self.send(STYLES, STYLE | {"slug": f"chalk-{number}", "form_key": key})
        assert Style.objects.filter(slug__startswith="chalk").count() == 3


@pytest.mark.postgres
class TestAtOnce(TransactionTestCase):
    """Both requests of a double click are being answered."""

    def setUp(self) -> None:
        cache.clear()
        self.staff = make_user("s@example.org", is_staff=True, is_superuser=True)

    def send(self, fields: dict[str, str]) -> list[int]:
        """Send the form twice at once and return both statuses."""
        start, clients = Barrier(2), (Client(), Client())
        for client in clients:
            client.force_login(self.staff)

        def send(number: int) -> int:
            start.wait()
            return clients[number].post(f"{ANNOUNCEMENTS}add/", fields).status_code

        return in_threads(2, send)

    def test_one_of_them_saves_the_form(self) -> None:
        assert self.send(ANNOUNCEMENT | {"form_key": str(uuid4())}) == [302, 302]
        assert Announcement.objects.count() == 1

    def test_both_would_save_it_without_the_key(self) -> None:
        """The control."""
        assert self.send(ANNOUNCEMENT) == [302, 302]
        assert Announcement.objects.count() == 2


class TestKey(BaseTestCase):
    def test_an_error_gives_it_back(self) -> None:
        with pytest.raises(ZeroDivisionError), submit_once.first_time("a"):
            raise ZeroDivisionError
        with submit_once.first_time("a") as is_first:
            assert is_first
        with submit_once.first_time("a") as is_first:
            assert not is_first
