"""/s/SLUG/, its picture and its report.

What strangers see of a shared picture, and when they see nothing.
"""

import io
from datetime import timedelta

from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from generation.files import storage
from generation.gallery import trash
from generation.gallery.sharing import image_reports, share_links
from generation.imaging import image_copies
from generation.models import Image, PublicationState, Report
from generation.testing.rows.gallery import NOBODY_EVER, SharingTestCase


class SharedTestCase(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.client.logout()
        self.client = Client(headers={"Accept-Language": "en"})
        file = io.BytesIO()
        Pillow.new("RGB", (40, 30), "teal").save(file, "PNG")
        data = image_copies.prepare(
            file.getvalue(), parameters={"prompt": "tea hills in mist"}
        ).data
        storage.save(self.image.key, data, content_type="image/png")

    def at(self, slug, name="shared"):
        return reverse(name, args=[slug])

    def see(self, slug, name="shared", query=""):
        return self.client.get(self.at(slug, name) + query)


class TestPage(SharedTestCase):
    def test_it_shows_the_picture_alone(self):
        slug = self.link().link_slug
        page = self.see(slug)
        self.assertContains(page, f'src="{self.at(slug, "shared_image")}"')
        self.assertContains(page, "Create yours")
        for secret in (
            "tea hills",
            "FLUX",
            "Seed",
            "Remix",
            "alice",
            "example.org/images",
            str(self.image.id),
        ):
            with self.subTest(secret):
                self.assertNotContains(page, secret)
        self.assertNotContains(page, 'style="')

    def test_it_says_in_the_words_of_the_operator_that_it_is_of_ai(self):
        slug = self.link().link_slug
        self.assertContains(self.see(slug), "AI-generated.")
        with override_settings(ORIGIN_LABEL="Made by a machine <b>"):
            self.assertContains(self.see(slug), "Made by a machine &lt;b&gt;")

    def test_it_shows_what_the_owner_allows(self):
        self.alice.name = "Alice A."
        self.alice.save(update_fields=["name"])
        slug = self.link(with_parameters=True, with_name=True).link_slug
        page = self.see(slug)
        for text in ("tea hills in mist", "FLUX.1 dev", "1024 × 768, 4:3", "Alice A.", "Remix"):
            with self.subTest(text):
                self.assertContains(page, text)
        self.assertContains(page, f'href="{reverse("create")}?share={slug}"')
        self.assertNotContains(page, "alice@")

    def test_it_gives_phones_a_lighter_copy_unless_its_key_would_tell_whose_it_is(self):
        Image.objects.filter(id=self.image.id).update(
            large_key=f"thumbnails/{self.alice.id}/large.webp"
        )
        page = self.see(self.link(with_parameters=True).link_slug)
        self.assertContains(page, f"thumbnails/{self.alice.id}/large.webp")
        self.assertContains(page, " 768w, ")
        page = self.see(self.link().link_slug)
        self.assertNotContains(page, "<source")
        self.assertNotContains(page, f"thumbnails/{self.alice.id}")

    def test_it_tells_crawlers_what_a_card_needs(self):
        slug = self.link(with_parameters=True).link_slug
        page = self.see(slug)
        for name, content in (
            ("og:title", "tea hills in mist"),
            ("og:url", f"{settings.PUBLIC_URL}/s/{slug}/"),
            ("og:image", f"{settings.PUBLIC_URL}/s/{slug}/picture/"),
            ("og:image:width", "1024"),
            ("og:image:height", "768"),
            ("og:image:type", "image/png"),
            ("og:image:alt", "tea hills in mist"),
        ):
            self.assertContains(page, f'<meta property="{name}" content="{content}">')
        self.assertContains(page, '<meta name="twitter:card" content="summary_large_image">')

    def test_it_keeps_links_out_of_search_engines_and_every_share_out_of_caches(self):
        page = self.see(self.link().link_slug)
        assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        self.assertContains(page, '<meta name="robots" content="noindex, nofollow, noarchive">')
        assert page["Cache-Control"] == "private, no-store"
        assert page["Referrer-Policy"] == "same-origin"
        public = self.see(self.published().slug)
        assert "X-Robots-Tag" not in public
        assert public["Cache-Control"] == "private, no-store"

    def test_it_answers_the_same_to_all_that_is_not_shown(self):
        expired = self.link(self.hang(), until=timezone.now() - timedelta(seconds=1)).link_slug
        stopped = self.hang()
        stopped_slug = self.link(stopped).link_slug
        share_links.stop_link(stopped)
        trashed = self.hang()
        trashed_slug = self.link(trashed).link_slug
        trash.move_to_trash(trashed)
        waiting = self.ask(self.hang()).slug
        seen = set()
        for slug in (NOBODY_EVER, expired, stopped_slug, trashed_slug, waiting):
            for name in ("shared", "shared_image", "report_shared"):
                answer = self.see(slug, name)
                assert answer.status_code == 404
                seen.add(
                    answer.content.replace(slug.encode(), b"SLUG").replace(
                        answer.context["csrf_token"].encode() if answer.context else b"-", b"T"
                    )
                )
        assert len({len(body) for body in seen}) <= 3  # one for each address, whose length it has


class TestPictureFile(SharedTestCase):
    def test_it_sends_the_file_without_its_prompt(self):
        answer = self.see(self.link().link_slug, "shared_image")
        data = answer.content
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        assert b"tea hills" not in data
        assert b"digitalsourcetype/trainedAlgorithmicMedia" in data
        with Pillow.open(io.BytesIO(data)) as picture:
            assert picture.size == (40, 30)
        assert answer["Cache-Control"] == "private, no-store"
        assert "noindex" in answer["X-Robots-Tag"]

    def test_it_leads_to_the_file_where_the_prompt_may_be_known(self):
        answer = self.see(self.link(with_parameters=True).link_slug, "shared_image")
        assert answer.status_code == 302
        assert answer["Location"].startswith(f"/media/{self.image.key}?expires=")
        assert answer["Cache-Control"] == "private, no-store"
        assert b"tea hills" in b"".join(self.client.get(answer["Location"]).streaming_content)

    def test_it_saves_it_under_a_name_that_tells_no_more_than_the_page(self):
        answer = self.see(self.link().link_slug, "shared_image", "?download=1")
        assert answer["Content-Disposition"] == 'attachment; filename="artgen.png"'
        answer = self.see(self.link(with_parameters=True).link_slug, "shared_image", "?download=1")
        assert "tea-hills-in-mist-7.png" in answer["Location"]


class TestReportPage(SharedTestCase):
    def setUp(self):
        super().setUp()
        self.publication = self.published()
        self.url = self.at(self.publication.slug, "report_shared")

    def test_it_takes_a_report_and_thanks(self):
        self.assertContains(self.client.get(self.url), "What’s wrong with this image?")
        answer = self.client.post(self.url, {"kind": "person", "words": " my sister "})
        self.assertRedirects(answer, reverse("explore"))
        report = Report.objects.get()
        assert (report.kind, report.words) == ("person", "my sister")

    def test_it_takes_a_report_whose_words_cannot_be_stored_as_they_are(self):
        self.client.post(self.url, {"kind": "other", "words": "my\0 sister"})
        assert Report.objects.get().words == "my sister"

    def test_it_hides_the_picture_when_several_visitors_report_it(self):
        for number in range(image_reports.REPORTS_HIDE):
            self.client.post(self.url, {"kind": "other"}, REMOTE_ADDR=f"10.0.0.{number}")
        self.publication.refresh_from_db()
        assert self.publication.state == PublicationState.HIDDEN
        assert self.client.get(self.url).status_code == 404

    def test_it_refuses_what_it_cannot_read_and_keeps_nothing(self):
        for posted in ({}, {"kind": "nonsense"}, {"kind": "other", "words": "x" * 501}):
            assert self.client.post(self.url, posted).status_code == 400
        assert Report.objects.count() == 0

    def test_it_is_not_there_for_links(self):
        slug = self.link(self.hang()).link_slug
        assert self.see(slug, "report_shared").status_code == 404
        assert (
            self.client.post(self.at(slug, "report_shared"), {"kind": "other"}).status_code == 404
        )
