"""Requests and bytes of a first visit with an empty cache, on collected static files."""

import unittest

import pytest
from playwright.sync_api import Page, expect

from generation.testing.kept import GROUP
from generation.testing.pages.browser import LOCALES, LOOKS, PATIENCE, Troubles, chromium
from generation.testing.servers.stack import kept_stack

pytestmark = [
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.browser,
    pytest.mark.xdist_group("stack"),
]
# The Russian texts are longer; the largest page in English, too.
VISITS = (
    ("/create/", "en"),
    *((path, "ru") for path in ("/create/", "/gallery/", "/explore/", "/account/")),
)
MAX_REQUESTS, MAX_BYTES = 25, 150_000  # without images of users and models
SESSION = """
from django.test import Client
from accounts.models import User
client = Client()
client.force_login(User.objects.get(email="alice@example.org"))
print(client.session.session_key)
"""


class TestFirstVisit(unittest.TestCase):
    def setUp(self) -> None:
        self.stack = kept_stack()
        self.browser = GROUP.get("chromium", chromium)
        self.session = self.stack.command("shell", "-v", "0", "--command", SESSION).splitlines()[-1]

    def visit(self, path: str, language: str) -> tuple[dict[str, int], Page]:
        """Return the bytes of each requested address except images, and the page."""
        context = self.browser.new_context(locale=LOCALES[language], base_url=self.stack.url)
        self.addCleanup(context.close)
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": "sessionid", "value": self.session, "url": self.stack.url}])
        page = context.new_page()
        troubles = Troubles()
        troubles.watch(page)
        network = context.new_cdp_session(page)
        asked: dict[str, tuple[str, str]] = {}
        sizes: dict[str, int] = {}
        network.on(
            "Network.responseReceived",
            lambda e: asked.update({e["requestId"]: (e["response"]["url"], e["type"])}),
        )
        network.on(
            "Network.loadingFinished",
            lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}),
        )
        network.send("Network.enable")
        page.goto(path, wait_until="networkidle")
        assert troubles == []
        ours = {
            id: url
            for id, (url, kind) in asked.items()
            if kind != "Image" or "/static/artgen/" in url
        }
        return {url: sizes.get(id, 0) for id, url in ours.items()}, page

    @LOOKS
    def test_it_is_small_in_both_languages(self) -> None:
        for path, language in VISITS:
            with self.subTest(path=path, language=language):
                sizes, _page = self.visit(path, language)
                listing = "\n".join(
                    f"{size:7} {url}"
                    for url, size in sorted(sizes.items(), key=lambda item: -item[1])
                )
                assert len(sizes) <= MAX_REQUESTS, listing
                assert sum(sizes.values()) <= MAX_BYTES, listing

    def test_it_serves_working_bundles(self) -> None:
        _sizes, page = self.visit("/create/", "en")
        page.fill("textarea[name=prompt]", "a lighthouse at dusk")
        page.locator("#composer button[type=submit]").first.click()
        expect(page.locator("#feed .run img").first).to_be_visible()
