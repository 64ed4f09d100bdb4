"""/images/ID/ and what its owner does there: favorite, trash, restore, download."""

import io
import json
import re
from datetime import timedelta
from html import unescape

from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow
from uuid_utils.compat import uuid7

from accounts.credits import holds
from generation.files import storage
from generation.imaging import image_copies
from generation.models import Image, ImageModel, Status, Style
from generation.testing.cases import hold
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase

ACTIONS = ("favorite_image", "trash_image", "restore_image")


class ImageTestCase(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.batch = uuid7()
        self.job = self.draw("Tea hills in mist")
        self.image = make_image(self.alice, job=self.job, seed=4190771, bytes=2_100_000)
        self.url = self.at("image")

    def draw(self, prompt, **fields):
        return make_job(
            self.alice, status=Status.SUCCEEDED, prompt=prompt, batch=self.batch, **fields
        )

    def at(self, name, image=None):
        return reverse(name, args=[(image or self.image).id])

    def now(self):
        return Image.objects.values_list("favorite", "trashed_at").get(id=self.image.id)


class TestImagePage(ImageTestCase):
    def test_it_shows_the_picture_and_every_parameter(self):
        style = Style.objects.first()
        for name, value in {
            "style": style.slug,
            "steps": 28,
            "guidance": 3.5,
            "strength": 0.6,
            "negative_prompt": "text, frames",
        }.items():
            setattr(self.job, name, value)
        self.job.save()
        page = self.client.get(self.url)
        for text in (
            "Tea hills in mist",
            "FLUX.1 dev",
            "1024 × 768, 4:3",
            style.name_en,
            "text, frames",
            "4190771",
            "Download PNG, 2.1\N{NO-BREAK SPACE}MB",
            "Only you can see this",
            f'href="{reverse("job", args=[self.job.id])}"',
            f'href="/create/?job={self.job.id}&amp;seed=keep"',
            f'href="/create/?source={self.image.id}"',
            f'action="{reverse("retry_job", args=[self.job.id])}"',
        ):
            with self.subTest(text):
                self.assertContains(page, text)
        for number in ("28", "3.5", "0.6"):
            assert re.search(rf"<dd>\s*{re.escape(number)}\s*</dd>", page.content.decode())
        self.assertNotContains(page, 'style="')

    def test_it_has_the_parameters_as_the_api_takes_them(self):
        page = self.client.get(self.url).content.decode()
        copied = [unescape(text) for text in re.findall(r'data-copy="([^"]+)"', page)]
        parameters = next(json.loads(text) for text in copied if text.startswith("{"))
        assert parameters == {
            "model": "flux-dev",
            "prompt": "Tea hills in mist",
            "width": 1024,
            "height": 768,
            "seed": 4190771,
        }

    def test_it_shows_the_receipt(self):
        now = timezone.now()
        hold(user=self.alice, amount=3, reference=self.job.id, reason="Tea hills")
        holds.settle(reference=self.job.id, price=2)
        self.job.created_at, self.job.submitted_at = (
            now - timedelta(seconds=40),
            now - timedelta(seconds=20),
        )
        self.job.finished_at, self.job.attempt = now, 2
        self.job.save()
        page = self.client.get(self.url)
        self.assertContains(
            page, "2\N{NO-BREAK SPACE}credits, 1\N{NO-BREAK SPACE}credit less than quoted"
        )
        self.assertContains(page, "40\N{NO-BREAK SPACE}s, including 20\N{NO-BREAK SPACE}s in queue")
        self.assertContains(page, "2, charged once")

    def test_it_shows_variants_of_the_same_press_side_by_side(self):
        second = make_image(self.alice, job=self.draw("Tea hills in mist"))
        gone = make_image(self.alice, job=self.draw("Tea hills in mist"), trashed_at=timezone.now())
        other = make_image(self.alice)
        page = self.client.get(self.url)
        self.assertContains(page, "1 of 2")
        assert f'rel="next" href="{self.at("image", second)}"' in flat(page)
        self.assertNotContains(page, 'rel="prev"')
        for absent in (gone, other):
            self.assertNotContains(page, self.at("image", absent))
        assert f'rel="prev" href="{self.url}"' in flat(self.client.get(self.at("image", second)))
        # From the trash it is still shown among those that are kept.
        self.assertContains(self.client.get(self.at("image", gone)), "3 of 3")

    def test_it_shows_what_it_was_made_from_while_that_is_there(self):
        source = make_image(self.alice)
        ended = make_image(self.alice, trashed_at=timezone.now() - timedelta(days=40))
        bobs = make_image(self.bob)
        self.job.source_images = [str(one.id) for one in (source, ended, bobs)]
        self.job.save()
        page = self.client.get(self.url)
        assert f'<a href="{self.at("image", source)}"><img' in flat(page)
        for absent in (ended, bobs):
            self.assertNotContains(page, absent.thumbnail_key)

    def test_it_offers_no_re_run_of_a_model_that_is_not_on_offer(self):
        ImageModel.objects.filter(slug="flux-dev").update(enabled=False)
        page = self.client.get(self.url)
        self.assertContains(page, "FLUX.1 dev is unavailable, so this image can’t be repeated.")
        self.assertNotContains(page, reverse("retry_job", args=[self.job.id]))

    def test_it_offers_editing_only_where_a_model_can(self):
        ImageModel.objects.filter(max_source_images__gt=0).update(enabled=False)
        self.assertNotContains(self.client.get(self.url), "?source=")


class TestActions(ImageTestCase):
    def test_it_marks_a_favorite_and_unmarks_it(self):
        self.client.post(self.at("favorite_image"), {"favorite": "1"})
        assert self.now() == (True, None)
        self.client.post(self.at("favorite_image"), {"favorite": "0"})
        assert self.now() == (False, None)

    def test_it_moves_to_the_trash_and_back(self):
        self.client.post(self.at("trash_image"))
        trashed_at = self.now()[1]
        assert trashed_at is not None
        self.assertContains(self.client.get(self.url), "In the trash, 30 days left.")
        self.client.post(self.at("trash_image"))
        assert self.now()[1] == trashed_at  # the days are counted from the first time
        self.client.post(self.at("restore_image"))
        assert self.now() == (False, None)

    def test_it_leads_back_to_where_the_picture_hung_with_an_undo(self):
        answer = self.client.post(self.at("trash_image"), {"next": "/gallery/?q=tea"})
        assert answer["Location"] == f"/gallery/?q=tea#image-{self.image.id}"
        page = self.client.get("/gallery/?q=tea")
        self.assertContains(
            page, f'form="image-form" formaction="{self.at("restore_image")}">Undo</button>'
        )

    def test_it_shows_the_next_image_after_the_trash(self):
        job = self.image.job
        following = make_image(self.alice, job=job, position=1)
        other = make_image(self.alice)
        answer = self.client.post(self.at("trash_image"))
        assert answer["Location"] == reverse("image", args=[following.id])
        self.assertContains(self.client.get(answer["Location"]), self.at("restore_image"))
        answer = self.client.post(reverse("trash_image", args=[following.id]))
        assert answer["Location"] == reverse("image", args=[other.id])
        answer = self.client.post(reverse("trash_image", args=[other.id]))
        assert answer["Location"] == reverse("gallery")


class TestDownload(ImageTestCase):
    def test_it_sends_the_file_under_a_name_that_tells_what_it_shows(self):
        self.job.prompt = "Чайные холмы, «туман»\nи ещё / два слова ../../x"
        self.job.save()
        storage.save(self.image.key, b"the file", content_type="image/png")
        answer = self.client.get(self.at("download_image"), follow=True)
        assert b"".join(answer.streaming_content) == b"the file"
        assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%D1%87")
        assert answer["Content-Disposition"].endswith("x-4190771.png")
        assert answer["Content-Type"] == "image/png"

    def test_it_sends_webp_where_that_is_asked_for(self):
        file = io.BytesIO()
        Pillow.new("RGB", (64, 48), "teal").save(file, "PNG")
        storage.save(self.image.key, file.getvalue(), content_type="image/png")
        answer = self.client.get(self.at("download_image"), {"as": "webp"})
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
        assert re.search(
            r"^attachment; filename=\"[a-z-]+-4190771\.webp\"$", answer["Content-Disposition"]
        )
        with Pillow.open(io.BytesIO(answer.content)) as opened:
            assert (opened.format, opened.size) == ("WEBP", (64, 48))

    def test_it_leaves_the_parameters_out_where_that_is_asked_for(self):
        self.assertContains(self.client.get(self.at("image")), "?as=bare")
        for form, kind in (("PNG", "image/png"), ("WEBP", "image/webp")):
            with self.subTest(form):
                file = io.BytesIO()
                Pillow.effect_noise((64, 48), 60).convert("RGB").save(file, form)
                kept = image_copies.prepare(
                    file.getvalue(), parameters={"prompt": "tea hills"}
                ).data
                storage.save(self.image.key, kept, content_type=kind)
                Image.objects.filter(id=self.image.id).update(content_type=kind)
                answer = self.client.get(self.at("download_image"), {"as": "bare"})
                assert (answer.status_code, answer["Content-Type"]) == (200, kind)
                assert answer["Content-Disposition"] == 'attachment; filename="artgen.png"'
                assert b"tea hills" not in answer.content
                assert b"digitalsourcetype/trainedAlgorithmicMedia" in answer.content
                with (
                    Pillow.open(io.BytesIO(answer.content)) as bare,
                    Pillow.open(io.BytesIO(kept)) as before,
                ):
                    assert bare.tobytes() == before.tobytes()

    def test_it_has_no_other_formats_and_no_file_that_is_gone(self):
        assert self.client.get(self.at("download_image"), {"as": "bare"}).status_code == 404
        assert self.client.get(self.at("download_image"), {"as": "webp"}).status_code == 404
        assert self.client.get(self.at("download_image"), {"as": "bmp"}).status_code == 404
        assert self.client.get(self.at("download_image"), {"as": "original"}).status_code == 302


class TestBeside(ImageTestCase):
    def test_it_leads_on_through_the_gallery_where_the_picture_stands_alone(self):
        gone = make_image(self.alice, trashed_at=timezone.now())
        alone = make_image(self.alice)
        newest = make_image(self.alice)
        page = self.client.get(self.at("image", alone))
        assert f'rel="prev" href="{self.at("image", newest)}"' in flat(page)
        assert f'rel="next" href="{self.url}"' in flat(page)
        self.assertNotContains(page, self.at("image", gone))
        self.assertNotContains(self.client.get(self.at("image", newest)), 'rel="prev"')


class TestCompare(ImageTestCase):
    def test_it_shows_the_variants_of_one_press(self):
        second = make_image(self.alice, job=self.draw("Tea hills in mist"), seed=99)
        other = make_image(self.alice)
        page = self.client.get(self.at("compare_image"))
        for image in (self.image, second):
            self.assertContains(page, f'href="{self.at("image", image)}"')
            self.assertContains(page, image.thumbnail_key)
        self.assertNotContains(page, other.thumbnail_key)
        self.assertContains(self.client.get(self.url), self.at("compare_image"))
