"""/gallery/: months, search, filters, pages."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from generation.models import Image, Status
from generation.testing.clock import held_clock
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import SCRIPT, GalleryTestCase
from generation.views.gallery import grid
from generation.views.tiles import Tile


class TestGallery(GalleryTestCase):
    def test_it_shows_own_kept_pictures_newest_first(self):
        first, second = self.hang(), self.hang()
        self.hang(trashed_at=timezone.now())
        self.hang(user=self.bob)
        assert self.shown(self.client.get(self.url)) == self.ids(second, first)

    def test_it_names_each_picture_by_its_prompt(self):
        image = self.hang("<b>Tea</b> hills " + "and mist " * 40)
        page = self.client.get(self.url)
        self.assertContains(page, 'aria-label="&lt;b&gt;Tea&lt;/b&gt; hills and mist')
        self.assertNotContains(page, "<b>Tea")
        self.assertContains(page, f'href="{reverse("image", args=[image.id])}"')
        self.assertContains(page, 'data-ratio="4x3"')
        whole = self.client.get(self.url, {"plain": ""})
        self.assertContains(whole, f'class="card-blur" src="{image.placeholder}"')

    def test_it_groups_by_month_and_counts_the_whole_month(self):
        now = timezone.localtime()
        last = (now.replace(day=1) - timedelta(days=3)).replace(hour=12)
        old = self.hang(
            created_at=datetime(now.year - 1, 5, 31, 23, tzinfo=UTC)
        )  # June 1 in Moscow
        self.hang(created_at=last)
        self.hang(created_at=last)
        self.hang()
        page = self.client.get(self.url)
        months = re.findall(r'data-month="([^"]+)"', page.content.decode())
        assert Counter(months) == Counter([f"{now:%Y-%m}", f"{last:%Y-%m}", f"{now.year - 1}-06"])
        assert f"June {now.year - 1}</a><small" in flat(page)
        self.assertContains(page, "2\N{NO-BREAK SPACE}images</small>", count=1)
        assert str(old.id) in self.shown(page)

    @held_clock()
    def test_it_counts_the_whole_of_a_month_that_pages_cut(self):
        newer, older = datetime(2026, 5, 20, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)
        for n in range(40):
            for month in (newer, older):
                self.hang(favorite=n % 2 == 0, created_at=month - timedelta(minutes=n))
        first = self.client.get(self.url)
        address = re.search(r'href="([^"]+)" data-load-more', flat(first))[1]
        for page, months in (
            (first, 2),
            (self.client.get(address), 1),
            (self.client.get(address, headers=SCRIPT), 1),
        ):
            self.assertContains(page, "40\N{NO-BREAK SPACE}images</small>", count=months)
        self.assertContains(
            self.client.get(self.url, {"favorite": "1"}), "20\N{NO-BREAK SPACE}images", count=2
        )
        self.assertContains(
            self.client.get(self.url, {"favorite": "1"}), "40\N{NO-BREAK SPACE}images found"
        )

    def test_it_leads_from_a_heading_to_that_month_of_what_is_asked_for(self):
        self.hang(
            "a lighthouse at dusk", favorite=True, created_at=datetime(2026, 5, 3, tzinfo=UTC)
        )
        asked = {"q": "lighthouse", "since": "2026-01-01", "favorite": "1"}
        for headers in ({}, SCRIPT):
            page = self.client.get(self.url, asked, headers=headers)
            self.assertContains(
                page, 'href="/gallery/?q=lighthouse&amp;favorite=1&amp;when=2026-05"'
            )
        self.assertContains(self.client.get(self.url), 'href="/gallery/?when=2026-05"')

    def test_it_finds_by_every_word_whatever_the_case(self):
        hills, sea = self.hang("Чайные ХОЛМЫ в тумане, 100% зелёные"), self.hang("Холмы у моря")
        assert self.shown(self.client.get(self.url, {"q": "холмы"})) == self.ids(sea, hills)
        assert self.shown(self.client.get(self.url, {"q": " туман   холмы "})) == self.ids(hills)
        assert self.shown(self.client.get(self.url, {"q": "100%"})) == self.ids(hills)
        for nothing in ("зонт", "%%", "х.лмы", "("):
            with self.subTest(nothing):
                page = self.client.get(self.url, {"q": nothing})
                assert self.shown(page) == []
                self.assertContains(page, "Searched 2 prompts.")

    def test_it_filters_by_model_and_favorite_and_says_how_many(self):
        liked = self.hang(model="qwen-image", favorite=True)
        other = self.hang(model="qwen-image")
        self.hang()
        page = self.client.get(self.url, {"model": "qwen-image"})
        assert self.shown(page) == self.ids(other, liked)
        self.assertContains(page, "2\N{NO-BREAK SPACE}images found")
        both = self.client.get(self.url, {"model": "qwen-image", "favorite": "1"})
        assert self.shown(both) == self.ids(liked)
        self.assertContains(
            both, 'href="/gallery/?favorite=1"'
        )  # the filter of the model can be taken off alone
        self.assertContains(
            both, '<input type="hidden" name="model" value="qwen-image">'
        )  # a search keeps it

    def test_it_goes_on_where_a_page_ends_and_keeps_the_filters(self):
        images = [self.hang(favorite=True) for _n in range(grid.PAGE + 3)]
        first = self.client.get(self.url, {"favorite": "1"})
        address = re.search(r'href="([^"]+)" data-load-more', flat(first))[1].replace("&amp;", "&")
        assert "favorite=1" in address
        second = self.client.get(address)
        assert self.shown(first) + self.shown(second) == self.ids(*reversed(images))
        self.assertNotContains(second, "data-load-more")
        self.assertContains(second, "Back to newest")

    def pages(self, query):
        """Return the images of all pages of this view."""
        address, found = f"{self.url}?{query}", []
        while address:
            page = self.client.get(address)
            found += self.shown(page)
            match = re.search(r'href="([^"]+)" data-load-more', flat(page))
            address = match[1].replace("&amp;", "&") if match else ""
        return found

    def test_it_sorts_oldest_or_favorites_first_over_pages(self):
        images = [self.hang(favorite=n % 3 == 0) for n in range(2 * grid.PAGE + 5)]
        assert self.pages("sort=oldest") == self.ids(*images)
        newest = images[::-1]
        favorites = [image for image in newest if image.favorite]
        others = [image for image in newest if not image.favorite]
        assert self.pages("sort=favorites") == self.ids(*favorites, *others)
        assert self.pages("sort=nonsense") == self.ids(*newest)

    @pytest.mark.slow
    def test_it_repeats_and_leaves_out_nothing_while_images_arrive(self):
        for sort in ("", "oldest", "favorites"):
            with self.subTest(sort):
                before = self.ids(*[self.hang(favorite=n < 3) for n in range(grid.PAGE + 9)])
                first = self.client.get(self.url, {"sort": sort})
                address = re.search(r'href="([^"]+)" data-load-more', flat(first))[1]
                self.hang(favorite=True)
                self.hang()
                second = self.shown(self.client.get(address.replace("&amp;", "&")))
                seen = self.shown(first) + second
                assert len(seen) == len(set(seen))
                if sort != "oldest":
                    assert set(before) <= set(seen)
                Image.objects.all().delete()

    def batch(self, count, **fields):
        job = make_job(self.alice, status=Status.SUCCEEDED)
        return [make_image(self.alice, job=job, position=n, **fields) for n in range(count)]

    def test_it_stacks_the_images_of_a_batch(self):
        alone = self.hang()
        batch = self.batch(4)
        page = self.client.get(self.url)
        assert self.shown(page) == self.ids(*reversed(batch), alone)
        assert flat(page).count('data-stack-size="4"') == 1
        assert flat(page).count("data-behind") == 3
        for query in ("q=lighthouse", "sort=favorites", "longest=1"):
            with self.subTest(query):
                self.assertNotContains(self.client.get(f"{self.url}?{query}"), "data-stack")
        self.client.post(reverse("set_gallery_view"), {"runs": "single"})
        self.assertNotContains(self.client.get(self.url), "data-stack")

    def test_it_fills_a_page_with_stacks(self):
        batches = [self.batch(4) for _n in range(grid.PAGE // 2 + 1)]
        first = self.shown(self.client.get(self.url))
        assert len(first) == grid.MAX_STACKED
        assert self.pages("") == self.ids(*[image for one in batches[::-1] for image in one[::-1]])

    def test_it_remembers_how_the_browser_shows_images(self):
        self.hang()
        address = reverse("set_gallery_view")
        answer = self.client.post(address, {"tiles": "large", "next": "/gallery/?q=a"})
        assert answer["Location"] == "/gallery/?q=a"
        assert answer.cookies["gallery-tiles"]["httponly"]
        self.assertContains(self.client.get(self.url), 'data-tiles="large"')
        answer = self.client.post(address, {"tiles": "<b>"}, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.content, list(answer.cookies)) == (204, b"", [])
        self.client.cookies["gallery-tiles"] = "<b>"
        self.assertContains(self.client.get(self.url), 'data-tiles="medium"')
        assert self.client.post(address, {"next": "//evil.example"})["Location"] == self.url
        assert self.client.get(address).status_code == 405

    def test_it_welcomes_somebody_without_pictures(self):
        page = self.client.get(self.url)
        self.assertContains(page, "Your images will appear here")
        self.assertContains(page, "/create/?prompt=", count=3)
        self.assertNotContains(page, 'role="search"')
        self.hang(trashed_at=timezone.now())
        self.assertContains(
            self.client.get(self.url), "1\N{NO-BREAK SPACE}image in the trash can be restored."
        )


class TestGrid(GalleryTestCase):
    def test_it_shows_whole_what_has_no_shape_of_the_stylesheet(self):
        tower, wide = self.hang(width=256, height=1536), self.hang(width=1344, height=768)
        assert Tile(tower).is_odd
        assert not Tile(wide).is_odd
        self.assertContains(self.client.get(self.url), "tile-whole", count=1)

    def test_it_pages_through_pictures_trashed_at_the_same_moment(self):
        now = timezone.now()
        images = [self.hang(trashed_at=now) for _n in range(grid.PAGE + 2)]
        trashed = Image.objects.of(self.alice).trashed()
        first = grid.last_trashed(trashed)
        second = grid.last_trashed(trashed, before=first.next)
        shown = [tile.image.id for tile in (*first.tiles, *second.tiles)]
        assert shown == [image.id for image in reversed(images)]
        assert second.next == ""
