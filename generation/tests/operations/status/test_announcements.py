"""Announcements: who sees which line, when it is gone, and what a page spends on it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation.models import Announcement
from generation.operations.status import announcements
from generation.testing.cases import BaseTestCase

ADD = "/admin/generation/announcement/add/"


def announce(**fields):
    given = {"text_en": "New models tonight.", "text_ru": "Вечером новые модели.", **fields}
    announcement = Announcement.objects.create(**given)
    announcements.forget()
    return announcement


class TestOnPages(BaseTestCase):
    def page(self, *, language="en", client=None, path="/explore/"):
        return (client or self.client).get(path, headers={"Accept-Language": language})

    def test_it_shows_in_the_language_of_the_page(self):
        announce()
        self.assertContains(self.page(), "New models tonight.")
        russian = self.page(language="ru")
        self.assertContains(russian, "Вечером новые модели.")
        self.assertNotContains(russian, "New models tonight.")

    def test_it_shows_to_signed_in_users_and_on_error_pages(self):
        announce(level=Announcement.Level.WARNING)
        assert b"New models tonight." in self.page(path="/nowhere/").content
        self.client.force_login(self.alice)
        page = self.page(path="/create/")
        self.assertContains(page, 'data-level="warning"')

    def test_it_shows_only_from_start_to_end(self):
        now = timezone.now()
        for fields in (
            {"starts_at": now + timedelta(minutes=1)},
            {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(seconds=1)},
        ):
            announce(**fields)
            self.assertNotContains(self.page(), "announcement")
            Announcement.objects.all().delete()
        announce(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
        self.assertContains(self.page(), "New models tonight.")

    def test_it_shows_what_it_knows_while_the_database_is_away(self):
        announce()
        known = announcements.current()

        def away(*_args):
            raise OperationalError("gone")

        announcements.forget()
        with self.connection_wrapped(away):
            assert announcements.current() == []
        announcements.remember(known)
        with self.connection_wrapped(away):
            assert announcements.current() == known

    def connection_wrapped(self, wrapper):
        return transaction.get_connection().execute_wrapper(wrapper)


class TestClosing(BaseTestCase):
    def setUp(self):
        super().setUp()
        self.first, self.second = announce(), announce(text_en="Second.", text_ru="Второе.")
        self.browser = Client(headers={"Accept-Language": "en"})

    def close(self, announcement, **headers):
        address = reverse("close_announcement", args=[announcement.key])
        return self.browser.post(address, {"next": "/explore/?a=1"}, headers=headers)

    def test_it_stays_closed_in_this_browser_alone(self):
        self.assertRedirects(self.close(self.first), "/explore/?a=1", fetch_redirect_response=False)
        page = self.browser.get("/explore/")
        self.assertNotContains(page, "New models tonight.")
        self.assertContains(page, "Second.")
        other = Client(headers={"Accept-Language": "en"})
        self.assertContains(other.get("/explore/"), "New models tonight.")

    def test_it_shows_a_changed_text_again(self):
        self.close(self.first)
        later = timezone.now() + timedelta(seconds=5)
        Announcement.objects.filter(pk=self.first.pk).update(text_en="Now.", changed_at=later)
        announcements.forget()
        self.assertContains(self.browser.get("/explore/"), "Now.")


class TestInTheAdmin(BaseTestCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(self.staff)

    def post(self, **fields):
        form = {
            "level": "information",
            "text_en": "Hello.",
            "text_ru": "Привет.",
            "starts_at_0": "2026-01-01",
            "starts_at_1": "10:00",
            "ends_at_0": "",
            "ends_at_1": "",
        }
        return self.client.post(ADD, {**form, **fields}, headers={"Accept-Language": "en"})

    def test_it_is_shown_as_soon_as_it_is_saved(self):
        self.client.get("/explore/")
        assert self.post().status_code == 302
        self.assertContains(self.client.get("/explore/"), "Hello.")

    def test_it_needs_both_languages_and_an_end_after_the_start(self):
        for wrong in (
            {"text_ru": ""},
            {"text_en": ""},
            {"text_en": "x" * 301},
            {"ends_at_0": "2026-01-01", "ends_at_1": "09:59"},
            {"ends_at_0": "9999-12-31", "ends_at_1": "23:59"},
            {"starts_at_0": "0001-01-01", "starts_at_1": "00:00"},
        ):
            assert self.post(**wrong).status_code == 200, wrong
        assert not Announcement.objects.exists()


class TestRow(BaseTestCase):
    def test_it_never_ends_before_its_start(self):
        now = timezone.now()
        wrong = Announcement(text_en="x", text_ru="x", starts_at=now, ends_at=now)
        with pytest.raises(ValidationError):
            wrong.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong.save()
