"""/gallery/selection/download/: a selection as a ZIP, made while it is sent."""

import hashlib
import io
import json
from zipfile import ZipFile

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.utils import timezone
from PIL import Image as Pillow
from uuid_utils.compat import uuid7

from generation.gallery import zip_archive, zip_slots
from generation.testing.rows.selection import SelectionTestCase, Shared
from generation.views.gallery.zip_download import ArchiveResponse


def go_away(response):
    """Close the response as a server does whose client is gone.

    The connection to the database is the test's.
    """
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


class TestDownload(Shared, SelectionTestCase):
    name, more = "download_selection", {}

    def prepare(self, **fields):
        return self.hang_with_file(**fields)

    def zipped(self, response):
        assert response.status_code == 200, getattr(response, "content", "")
        return ZipFile(io.BytesIO(b"".join(response.streaming_content)))

    def test_it_sends_the_files_as_they_are_with_their_parameters(self):
        tea, sea = (
            self.hang_with_file("Чайные холмы, туман", color="green"),
            self.hang_with_file("Sea", color="blue"),
        )
        bobs = self.hang_with_file(user=self.bob)
        response = self.ask(tea, sea, bobs, headers={})
        assert response["Content-Type"] == "application/zip"
        day = timezone.localdate()
        assert (
            response["Content-Disposition"] == f'attachment; filename="artgen-{day:%Y-%m-%d}-2.zip"'
        )
        assert response["X-Accel-Buffering"] == "no"
        assert "Content-Length" not in response
        archive = self.zipped(response)
        assert archive.testzip() is None
        assert archive.namelist() == ["sea-7.png", "чайные-холмы-туман-7.png", "parameters.json"]
        assert hashlib.sha256(archive.read("sea-7.png")).hexdigest() == sea.sha256
        assert hashlib.sha256(archive.read("чайные-холмы-туман-7.png")).hexdigest() == tea.sha256
        parameters = json.loads(archive.read("parameters.json"))
        assert [entry["prompt"] for entry in parameters] == ["Sea", "Чайные холмы, туман"]

    def test_it_sends_webp_where_that_is_asked_for(self):
        image = self.hang_with_file("Sea")
        archive = self.zipped(self.ask(image, headers={}, **{"as": "webp"}))
        assert archive.namelist() == ["sea-7.webp", "parameters.json"]
        with Pillow.open(archive.open("sea-7.webp")) as opened:
            assert (opened.format, opened.size) == ("WEBP", (64, 48))

    def test_it_tells_the_script_whether_a_download_can_begin(self):
        image = self.hang_with_file()
        assert self.ask(image).status_code == 204
        response = self.ask(uuid7())
        assert (response.status_code, response.json()["detail"]) == (
            400,
            "These images no longer exist.",
        )

    def test_it_packs_one_archive_of_a_user_at_a_time(self):
        image = self.hang_with_file()
        first = self.ask(image, headers={})
        second, asked = self.ask(image, headers={}), self.ask(image)
        assert (second.status_code, second["Retry-After"]) == (429, "15")
        assert (asked.status_code, asked["Retry-After"]) == (429, "15")
        assert "still running" in asked.json()["detail"]
        self.client.force_login(self.bob)
        self.zipped(self.ask(self.hang_with_file(user=self.bob), headers={}))
        self.client.force_login(self.alice)
        self.zipped(first)
        self.zipped(self.ask(image, headers={}))

    def test_it_is_free_again_when_the_browser_goes_away_before_or_amid_it(self):
        image = self.hang_with_file()
        go_away(self.ask(image, headers={}))
        pieces = zip_archive.pack([image])
        begun = ArchiveResponse(pieces, slot=zip_slots.take(self.alice), name="a.zip")
        next(iter(begun))
        go_away(begun)
        with pytest.raises(StopIteration):
            next(pieces)
        self.zipped(self.ask(image, headers={}))

    def test_it_leaves_threads_for_pages(self):
        taken = [zip_slots.take(self.make_user(f"{n}@example.org", credits=0)) for n in range(2)]
        response = self.ask(self.hang_with_file(), headers={})
        assert (response.status_code, response["Retry-After"]) == (429, "15")
        for slot in taken:
            slot.release()
        self.zipped(self.ask(self.hang_with_file(), headers={}))
