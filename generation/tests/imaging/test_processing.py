"""The copies of a picture: which there are, how sharp, where they go, what pages say of them."""

import base64
import hashlib
import io
from datetime import timedelta
from html import unescape

from django.template import engines
from django.utils import timezone
from PIL import Image as Pillow

from generation.files import consistency, object_keys, storage
from generation.gallery import trash
from generation.imaging import image_copies, metadata
from generation.jobs.engine import storing
from generation.models import Status
from generation.testing.cases import BaseTestCase
from generation.testing.rows.api import make_image, make_job


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Pillow.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "PNG")
    return file.getvalue()


def size_of(data: bytes) -> tuple[str | None, tuple[int, int]]:
    with Pillow.open(io.BytesIO(data)) as picture:
        return picture.format, picture.size


class TestCopies(BaseTestCase):
    def test_it_makes_a_thumbnail_and_a_sharper_copy_that_is_never_larger_than_the_picture(self):
        for size, thumbnail, large in (
            ((2048, 1024), (768, 384), (1536, 768)),
            ((768, 1344), (439, 768), (768, 1344)),
            ((1024, 1024), (768, 768), (1024, 1024)),
        ):
            with self.subTest(size):
                made = image_copies.prepare(png(*size))
                assert size_of(made.thumbnail) == ("WEBP", thumbnail)
                assert size_of(made.large) == ("WEBP", large)

    def test_it_makes_no_copy_that_would_be_hardly_sharper_than_the_thumbnail(self):
        assert image_copies.prepare(png(944, 704)).large == b""
        assert size_of(image_copies.prepare(png(944, 704)).thumbnail) == ("WEBP", (768, 573))

    def test_it_takes_a_transparent_picture(self):
        for mode, alpha in (("RGBA", 0), ("RGBA", 120), ("LA", 0)):
            with self.subTest(mode, alpha=alpha):
                file = io.BytesIO()
                drawn = Pillow.new("RGBA", (1000, 600), (200, 30, 30, alpha)).convert(mode)
                drawn.putpixel((0, 0), (0, 0, 0, 255) if mode == "RGBA" else (0, 255))
                drawn.save(file, "PNG")
                made = image_copies.prepare(file.getvalue())
                with Pillow.open(io.BytesIO(made.large)) as large:
                    assert large.mode == "RGBA"
                head, _, code = made.placeholder.partition(",")
                assert head == "data:image/webp;base64"
                with Pillow.open(io.BytesIO(base64.b64decode(code))) as tiny:
                    assert (tiny.format, tiny.mode, tiny.size) == ("WEBP", "RGB", (16, 10))

    def test_it_turns_the_copies_upright_and_leaves_the_picture_as_it_lies(self):
        exif = Pillow.Exif()
        exif[0x0112] = 6  # its right side is up
        drawn = Pillow.new("RGB", (1000, 600), "red")
        drawn.paste("blue", (0, 0, 500, 600))
        for form in ("PNG", "JPEG", "WEBP"):
            with self.subTest(form):
                file = io.BytesIO()
                drawn.save(file, form, exif=exif)
                made = image_copies.prepare(file.getvalue())
                assert (made.width, made.height) == (1000, 600)
                with Pillow.open(io.BytesIO(made.large)) as large:
                    assert large.size == (600, 1000)
                    top, bottom = large.getpixel((300, 10)), large.getpixel((300, 990))
                assert top[2] > 200
                assert bottom[0] > 200

    def test_it_marks_the_copies_but_writes_no_prompt_into_them(self):
        made = image_copies.prepare(png(1344, 768), parameters={"prompt": "a secret lighthouse"})
        for copy in (made.thumbnail, made.large):
            assert b"digitalsourcetype/trainedAlgorithmicMedia" in copy
            assert b"lighthouse" not in copy
        assert b"lighthouse" in made.data
        assert made.sha256 == hashlib.sha256(made.data).hexdigest()

    def test_it_converts_with_all_that_the_file_says(self):
        kept = image_copies.prepare(png(64, 64), parameters={"prompt": "a lighthouse"}).data
        assert metadata.packet_of(
            image_copies.as_format(kept, format="webp", keeps_parameters=True)
        ) == metadata.packet_of(kept)
        assert b"trainedAlgorithmicMedia" in image_copies.as_format(
            png(64, 64), format="webp", keeps_parameters=True
        )  # kept before there was a mark


class TestKeptCopies(BaseTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.load_catalog()

    def keep(self, width: int, height: int):
        job = make_job(self.alice, status=Status.SUCCEEDED, snapshot={"slug": "flux-dev"})
        image = storing.save_image(job, position=0, data=png(width, height), seed=7)
        image.save(force_insert=True)
        return image

    def test_it_keeps_all_copies_counts_them_and_takes_them_away_together(self):
        large, small = self.keep(1344, 768), self.keep(512, 512)
        assert large.large_key == object_keys.large_key(job_id=large.job_id, position=0)
        assert (len(large.keys), small.large_key, len(small.keys)) == (3, "", 2)
        assert (consistency.count(), list(consistency.compare())) == (5, [])
        storage.delete(large.large_key)
        assert [(one.kind, one.key) for one in consistency.compare()] == [
            ("missing", large.large_key)
        ]
        storage.save(large.large_key, b"webp", content_type="image/webp")
        large.trashed_at = timezone.now() - timedelta(days=1)
        large.save(update_fields=["trashed_at"])
        assert trash.purge(trashed_before=timezone.now()) == 1
        assert (consistency.count(), list(consistency.compare())) == (2, [])


class TestPictureTag(BaseTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.load_catalog()

    def draw(self, image, arguments: str) -> str:
        template = engines["jinja2"].from_string("{{ img(image, " + arguments + ") }}")
        return template.render({"image": image})

    def test_it_offers_the_sharper_copy_with_the_width_of_each(self):
        image = make_image(self.alice, width=1344, height=768, large_key="thumbnails/x/large.webp")
        drawn = unescape(self.draw(image, 'layout="feed-wide", alt="a boat"'))
        thumbnail, large = storage.url(image.thumbnail_key), storage.url(image.large_key)
        assert (
            f'srcset="{thumbnail} 768w, {large} 1344w" sizes="auto, (max-width: 760px) calc('
            in drawn
        )
        assert (
            f'src="{thumbnail}" alt="a boat" width="1344" height="768" loading="lazy" decoding="async"'
            in drawn
        )

    def test_it_escapes_what_the_image_shows(self):
        drawn = self.draw(make_image(self.alice), """layout="tile", alt='"><script>&'""")
        assert ' alt="&quot;&gt;&lt;script&gt;&amp;"' in drawn
