"""The same image saved several times at once on PostgreSQL: one copy, whose files are there."""

import threading

from django.core.cache import cache
from django.test import TransactionTestCase

from generation.files import consistency, storage
from generation.gallery.sharing import saved_copies, share_links
from generation.models import Image
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows.api import make_image
from generation.testing.rows.saving import with_files
from generation.testing.threads import in_threads

AT_ONCE = 2  # as many as a process lets wait for the bucket


class TestRace(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        owner = make_user("owner@example.org")
        self.saver = make_user("saver@example.org")
        self.image = with_files(make_image(owner))
        self.slug = share_links.share_by_link(
            self.image, until=None, with_parameters=False, with_name=False
        ).link_slug
        self.start = threading.Barrier(AT_ONCE)

    def save_at_once(self) -> list[saved_copies.Saved]:
        def save(_number: int) -> saved_copies.Saved:
            find = saved_copies.finder(self.slug)
            is_first = iter([True])

            def find_together() -> share_links.Shared | None:
                if next(is_first, False):
                    self.start.wait()
                return find()

            return saved_copies.save(find_together, user=self.saver)

        return in_threads(AT_ONCE, save)

    def test_it_makes_one_copy(self) -> None:
        saved = self.save_at_once()
        assert sum(one.is_new for one in saved) == 1
        (copy,) = Image.objects.of(self.saver)
        assert {one.image.id for one in saved} == {copy.id}
        assert storage.read(copy.key)
        assert list(consistency.compare(deep=True)) == []
