"""What every page has: theme, language, icons, translations, error pages."""

import gettext
import io
import re
import shutil
import subprocess

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import SimpleTestCase
from django.urls import reverse

from accounts.models import User
from generation.testing.cases import BaseTestCase

TEMPLATES = [
    path
    for app in ("artgen", "accounts", "generation")
    for path in (settings.BASE_DIR / app).rglob("*.html")
]
STATIC = settings.BASE_DIR / "artgen" / "static" / "artgen"
LOCALE = settings.BASE_DIR / "artgen" / "locale" / "ru" / "LC_MESSAGES"


class TestTheme(BaseTestCase):
    def test_it_is_remembered_and_leads_back(self):
        answer = self.client.post(
            reverse("set_theme"), {"theme": "dark", "next": "/accounts/login/?x=1"}
        )
        self.assertRedirects(answer, "/accounts/login/?x=1", fetch_redirect_response=False)
        assert answer.cookies["theme"].value == "dark"
        self.assertContains(self.client.get(reverse("login")), 'data-theme="dark"')

    def test_it_leads_nowhere_else_and_takes_post_alone(self):
        for target in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            answer = self.client.post(reverse("set_theme"), {"theme": "dark", "next": target})
            assert answer["Location"] == "/"
        assert self.client.get(reverse("set_theme")).status_code == 405

    def test_it_ignores_a_forged_cookie(self):
        self.client.cookies["theme"] = '"><script>'
        self.assertNotContains(self.client.get(reverse("login")), '<html lang="ru" data-theme')


class TestLanguage(BaseTestCase):
    def test_it_changes_the_page_and_stays_with_the_account(self):
        self.client.force_login(self.alice)
        self.assertContains(self.client.get(reverse("create"), {"plain": ""}), "Describe an image…")
        answer = self.client.post(
            reverse("set_language"), {"language": "ru", "next": reverse("create")}
        )
        self.assertRedirects(answer, reverse("create"), fetch_redirect_response=False)
        self.alice.refresh_from_db()
        assert self.alice.language == "ru"
        other_device = self.client_class(headers={"Accept-Language": "en"})
        other_device.force_login(self.alice)
        self.assertContains(other_device.get(reverse("create"), {"plain": ""}), "Опишите картинку…")

    def test_it_takes_the_language_of_the_first_page_for_an_account_without_one(self):
        User.objects.filter(pk=self.bob.pk).update(language="")
        self.client.force_login(self.bob)
        self.client.get(reverse("create"), headers={"Accept-Language": "en"})
        self.bob.refresh_from_db()
        assert self.bob.language == "en"


class TestPages(BaseTestCase):
    def test_it_renders_error_pages_without_anything_else(self):
        for name in ("500.html", "503.html"):
            with self.assertNumQueries(0):
                assert "message-page" in render_to_string(name)


class TestTemplates(SimpleTestCase):
    def test_it_has_no_inline_style_script_or_handler(self):
        for path in TEMPLATES:
            text = path.read_text()
            with self.subTest(path=path.name):
                assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text)
                assert not re.search(r"<script(?![^>]*\bsrc=)", text)

    def test_it_has_all_icons_in_the_sprite(self):
        known = set(re.findall(r'id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
        for path in TEMPLATES:
            used = set(re.findall(r'(?<!data-)\bicon(?:[ =(]|_name=)"([\w-]+)"', path.read_text()))
            assert used - known == set(), path.name


class TestTranslation:
    def test_it_translates_every_text(self):
        # Each entry of the file is a block; the header is the first one.
        blocks = (LOCALE / "django.po").read_text().strip().split("\n\n")[1:]
        assert len(blocks) > 300
        for block in blocks:
            lines = [line for line in block.split("\n") if not line.startswith("#")]
            strings = re.split(r"^(?=msg)", "\n".join(lines), flags=re.MULTILINE)
            said = [string for string in strings if string.startswith("msgstr")]
            assert all(re.search(r'"[^"]', string) for string in said), block
            assert "#, fuzzy" not in block
            if "msgid_plural" in block:
                assert len(said) == 3, block

    @pytest.mark.skipif(not shutil.which("msgfmt"), reason="gettext is not installed")
    def test_it_is_compiled_from_the_current_texts(self):
        checked = subprocess.run(
            ["msgfmt", "--check-format", "-o", "-", str(LOCALE / "django.po")],
            check=True,
            capture_output=True,
        )
        with (LOCALE / "django.mo").open("rb") as file:
            compiled = gettext.GNUTranslations(file)._catalog
        fresh = gettext.GNUTranslations(io.BytesIO(checked.stdout))._catalog
        assert compiled == fresh
