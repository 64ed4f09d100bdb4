"""ArtGen as an installed app: manifest, service worker, offline page, receiver of shares."""

import io
import json
import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from generation.models import Upload
from generation.testing.cases import BaseTestCase

STATIC = re.compile(r'(?:href|src)="(/static/[^"#]+)')


def static_file(address: str) -> bytes:
    """Return the content of a static file by its address."""
    found = finders.find(address.removeprefix("/static/"))
    assert found, address
    return Path(str(found)).read_bytes()


def worker_settings(client: Client) -> dict[str, Any]:
    """Return what the server tells the service worker."""
    first_line = client.get("/service-worker.js").content.decode().partition("\n")[0]
    found: dict[str, Any] = json.loads(first_line.removeprefix("const settings = "))
    return found


class TestManifest(BaseTestCase):
    def test_it_has_icons_of_the_sizes_that_it_names(self) -> None:
        response = self.client.get("/manifest.webmanifest")
        assert response["Content-Type"] == "application/manifest+json; charset=utf-8"
        icons = response.json()["icons"]
        assert {(icon["sizes"], icon["purpose"]) for icon in icons} == {
            ("192x192", "any"),
            ("512x512", "any"),
            ("192x192", "maskable"),
            ("512x512", "maskable"),
        }
        for icon in icons:
            image = Image.open(io.BytesIO(static_file(icon["src"])))
            assert f"{image.width}x{image.height}" == icon["sizes"]
            corner = image.convert("RGBA").getpixel((0, 0))
            assert (corner[3] == 255) == (icon["purpose"] == "maskable")  # type: ignore[index]


class TestServiceWorker(BaseTestCase):
    def test_browsers_ask_for_it_each_time(self) -> None:
        response = self.client.get("/service-worker.js")
        assert response["Content-Type"] == "text/javascript; charset=utf-8"
        assert response["Cache-Control"] == "private, no-cache"

    def test_it_stores_exactly_the_files_of_the_offline_page(self) -> None:
        told = worker_settings(self.client)
        page = self.client.get(told["offline"]).content.decode()
        style = "".join(static_file(one).decode() for one in told["files"] if ".css" in one)
        for address in STATIC.findall(page):
            assert address in told["files"]
        for font in re.findall(r'url\("(fonts/onest[^"]+)"', style):
            assert f"/static/artgen/{font}" in told["files"]
        assert all(static_file(address) for address in told["files"])


class TestOfflinePage(BaseTestCase):
    def test_it_has_nothing_of_the_user_in_whose_browser_it_is_stored(self) -> None:
        self.client.force_login(self.alice)
        self.client.get("/gallery/")
        page = self.client.get("/offline/").content.decode()
        assert 'lang="en"' in page
        for private in (str(self.alice.pk), self.alice.email, "csrf", "data-user"):
            assert private not in page
        assert page == Client(headers={"accept-language": "en"}).get("/offline/").content.decode()


class TestShares(BaseTestCase):
    def test_the_server_reads_nothing_of_a_post_from_outside(self) -> None:
        client = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.example"})
        client.force_login(self.alice)
        image = io.BytesIO(b"x" * 1000)
        image.name = "x.png"
        response = client.post("/share-target/", {"images": image, "text": "a prompt"})
        assert response.status_code == 403
        assert "a prompt" not in client.get("/create/").content.decode()
        assert not Upload.objects.exists()

    def test_the_form_takes_a_share_unasked_only_from_a_share_sheet(self) -> None:
        self.client.force_login(self.alice)
        for site, how in (("none", "use"), ("cross-site", "ask"), ("same-origin", "ask")):
            page = self.client.get("/create/?shared=1", headers={"sec-fetch-site": site})
            self.assertContains(page, f'data-shared="{how}"')
        self.assertContains(self.client.get("/create/?shared=1"), 'data-shared="ask"')
        self.assertContains(self.client.get("/create/"), 'data-shared=""')
