"""`metadata.without`: a file that tells nothing of its making."""

import io
import unittest

from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from generation import metadata, pictures


def drawn(kind, **options):
    file = io.BytesIO()
    picture = Pillow.effect_noise((40, 30), 60).convert("RGB")
    picture.save(file, kind, **options)
    return file.getvalue()


class Without(unittest.TestCase):
    def test_it_takes_our_own_words_out_of_a_png_and_keeps_every_pixel(self):
        kept = pictures.prepare(drawn("PNG"), parameters={"prompt": "a secret lighthouse"})
        self.assertIn(b"a secret lighthouse", kept.data)
        clean = metadata.without(kept.data)
        self.assertNotIn(b"secret", clean)
        with Pillow.open(io.BytesIO(kept.data)) as before, Pillow.open(io.BytesIO(clean)) as after:
            self.assertEqual(after.info, {})
            self.assertEqual(before.tobytes(), after.tobytes())

    def test_it_takes_every_kind_of_text_out_of_a_png(self):
        info = PngInfo()
        info.add_text("parameters", "secret " * 9, zip=True)
        info.add_itxt("Comment", "secret")
        exif = Pillow.Exif()
        exif[0x010E] = "secret"
        clean = metadata.without(drawn("PNG", pnginfo=info, exif=exif))
        with Pillow.open(io.BytesIO(clean)) as after:
            self.assertEqual((after.info, dict(after.getexif())), ({}, {}))

    def test_it_takes_notes_out_of_jpeg_and_webp(self):
        exif = Pillow.Exif()
        exif[0x010E] = "secret"
        for kind, options in (("JPEG", {"comment": b"secret"}), ("WEBP", {"xmp": b"<secret/>"})):
            with self.subTest(kind):
                data = drawn(kind, exif=exif, **options)
                self.assertIn(b"secret", data)
                clean = metadata.without(data)
                self.assertNotIn(b"secret", clean)
                with Pillow.open(io.BytesIO(clean)) as after:
                    self.assertEqual((after.format, after.size), (kind, (40, 30)))
