"""/gallery/trash/: what was deleted, restored and ended."""

from collections import Counter
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from generation.files import storage
from generation.models import Image
from generation.operations import cleanup
from generation.testing.pages.html import flat
from generation.testing.rows.gallery import GalleryTestCase


class TestTrash(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("trash")

    def test_it_shows_own_trashed_pictures_last_first_with_days_left(self):
        now = timezone.now()
        old = self.hang(trashed_at=now - timedelta(days=29, hours=1))
        new = self.hang(trashed_at=now)
        self.hang(trashed_at=now - timedelta(days=31))
        self.hang(trashed_at=now, user=self.bob)
        self.hang()
        page = self.client.get(self.url)
        assert self.shown(page) == self.ids(new, old)
        self.assertContains(page, "30 days left")
        self.assertContains(page, "1 day left")
        assert 'data-count="trashed" data-value="2"' in flat(page)


class TestRestoreAll(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("restore_all")

    def test_it_restores_own_pictures_but_none_that_have_ended(self):
        mine = self.hang(trashed_at=timezone.now())
        ended = self.hang(trashed_at=timezone.now() - timedelta(days=31))
        bobs = self.hang(trashed_at=timezone.now(), user=self.bob)
        self.assertRedirects(self.client.post(self.url), reverse("gallery"))
        assert list(Image.objects.kept()) == [mine]
        assert Counter(Image.objects.trashed()) == Counter([ended, bobs])


class TestEmptyTrash(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("empty_trash")
        self.doomed = self.hang(trashed_at=timezone.now())

    def test_it_asks_once_more(self):
        page = self.client.get(self.url)
        self.assertContains(page, "Permanently delete 1\N{NO-BREAK SPACE}image?")
        assert Image.objects.present().count() == 1

    def test_it_ends_own_trashed_pictures_at_once_and_their_files_with_the_next_clean_up(self):
        kept = self.hang()
        bobs = self.hang(trashed_at=timezone.now(), user=self.bob)
        storage.save(self.doomed.key, b"png", content_type="image/png")
        self.assertRedirects(self.client.post(self.url), reverse("trash"))
        assert Counter(Image.objects.present()) == Counter([kept, bobs])
        assert self.client.get(reverse("image", args=[self.doomed.id])).status_code == 404
        restored = self.client.post(reverse("restore_image", args=[self.doomed.id]))
        assert restored.status_code == 404
        cleanup.clean_up()
        assert not Image.objects.filter(id=self.doomed.id).exists()
        with pytest.raises(FileNotFoundError):
            storage.read(self.doomed.key)

    def test_it_has_nothing_to_ask_about_an_empty_trash(self):
        Image.objects.update(trashed_at=None)
        self.assertRedirects(self.client.get(self.url), reverse("trash"))
