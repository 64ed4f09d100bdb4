"""Terms, privacy policy and consent: asked at sign-up, asked again, exported and erased."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

from accounts.access import consents
from accounts.emails import sign_up_links
from accounts.models import User
from accounts.tests.access.test_social_sign_in import SocialTestCase
from accounts.user_data import deletion, export
from artgen.environment import legal
from artgen.environment.legal import Document
from generation.testing.cases import BaseTestCase, load_catalog

TERMS = {"en": Document("1", "Be kind <b>.", ""), "ru": Document("1", "Будьте добры.", "")}
CONSENT = {"ru": Document("7", "", "https://example.org/consent")}
BOTH = {"terms": TERMS, "consent": CONSENT}
BOXES = {"accept_terms": "on", "accept_consent": "on"}


@override_settings(LEGAL_DOCUMENTS=BOTH)
class TestConsents(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})

    def finish(self, **data: str) -> Any:
        link = f"/accounts/signup/{sign_up_links.make_token('nina@example.org')}/"
        page = self.client.get(link)
        self.assertContains(page, "I accept the terms of service")
        self.assertContains(page, "https://example.org/consent")
        return self.client.post(link, {"password": "correct horse", **data})

    def test_sign_up_needs_each_box(self) -> None:
        for boxes in ({}, {"accept_terms": "on"}, {"accept_consent": "on"}):
            self.assertContains(self.finish(**boxes), "Tick the box to continue.")
        assert not User.objects.filter(email="nina@example.org").exists()
        self.assertRedirects(self.finish(**BOXES), "/create/")
        nina = User.objects.get(email="nina@example.org")
        assert {name: list(versions) for name, versions in nina.accepted_documents.items()} == {
            "terms": ["1"],
            "consent": ["7"],
        }
        assert export.profile(nina)["accepted_documents"] == nina.accepted_documents

    def test_it_asks_again_when_a_version_changes(self) -> None:
        consents.accept(self.alice, consents.missing(self.alice))
        self.client.force_login(self.alice)
        assert self.client.get("/account/").status_code == 200
        newer = {**BOTH, "terms": {"en": Document("2", "Be kinder.", "")}}
        with override_settings(LEGAL_DOCUMENTS=newer):
            for page in ("/account/", "/create/", "/admin/"):
                asked = self.client.get(page)
                self.assertRedirects(asked, f"/accounts/documents/?next={page.replace('/', '%2F')}")
            assert self.client.post("/create/").url.startswith("/accounts/documents/")
            self.assertContains(self.client.get("/account/data/"), "Export")
            assert self.client.get("/legal/terms/").status_code == 200
            answer = self.client.post("/accounts/documents/", {"next": "/account/"})
            self.assertContains(answer, "Tick the box to continue.")
            boxes = {"next": "/account/", "accept_terms": "on"}
            self.assertRedirects(self.client.post("/accounts/documents/", boxes), "/account/")
        self.alice.refresh_from_db()
        assert list(self.alice.accepted_documents["terms"]) == ["1", "2"]
        deletion.close(user=self.alice, after=timedelta(0))
        deletion.anonymize(self.alice.pk)
        self.alice.refresh_from_db()
        assert self.alice.accepted_documents == {}

    def test_it_shows_the_text_as_text(self) -> None:
        self.assertContains(self.client.get("/legal/terms/"), "Be kind &lt;b&gt;.")
        for name in ("consent", "privacy", "other"):  # at another address, not set, unknown
            assert self.client.get(f"/legal/{name}/").status_code == 404

    def test_it_says_where_prompts_go_if_there_are_documents(self) -> None:
        load_catalog()
        self.assertContains(self.client.get("/providers/"), "United States")
        with override_settings(LEGAL_DOCUMENTS={}):
            assert self.client.get("/providers/").status_code == 404


@override_settings(LEGAL_DOCUMENTS=BOTH)
@pytest.mark.slow
class TestServices(SocialTestCase):
    def test_a_service_creates_no_account_before_the_documents_are_accepted(self) -> None:
        asked = self.sign_in(next="/account/")
        self.assertRedirects(asked, "/accounts/signup/service/?next=%2Faccount%2F")
        assert not User.objects.filter(email="nina@example.org").exists()
        self.assertContains(self.client.post(asked.url), "Tick the box to continue.")
        answer = self.client.post(asked.url, {"name": "N", "next": "/account/", **BOXES})
        self.assertRedirects(answer, "/account/")
        assert self.user_id() == str(User.objects.get(email="nina@example.org").pk)


def test_it_reads_a_folder(tmp_path: Path) -> None:
    (tmp_path / "terms.en.txt").write_text("Version: 2\r\n\r\nBe kind.\r\nAlways.\r\n")
    (tmp_path / "privacy.ru.txt").write_text("\ufeffVersion: 3\nhttps://example.org/p\n")
    (tmp_path / "other.en.txt").write_text("x")
    assert legal.read(tmp_path, ["en", "ru"]) == {
        "terms": {"en": Document("2", "Be kind.\nAlways.", "")},
        "privacy": {"ru": Document("3", "", "https://example.org/p")},
    }
    assert legal.read(tmp_path / "absent", ["en", "ru"]) == {}


@pytest.mark.parametrize("content", ["", "Be kind.", "Version: 1", "Version:\nx", "Version: 1\n "])
def test_it_refuses_a_document_without_version_or_text(tmp_path: Path, content: str) -> None:
    (tmp_path / "terms.en.txt").write_text(content)
    with pytest.raises(ImproperlyConfigured, match=r"terms\.en\.txt"):
        legal.read(tmp_path, ["en"])


def test_it_refuses_languages_of_different_versions(tmp_path: Path) -> None:
    (tmp_path / "terms.en.txt").write_text("Version: 1\nx")
    (tmp_path / "terms.ru.txt").write_text("Version: 2\nx")
    with pytest.raises(ImproperlyConfigured, match="versions differ"):
        legal.read(tmp_path, ["en", "ru"])
