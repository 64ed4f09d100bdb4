"""archive.pack: a ZIP made while it is sent, flat in memory, whole whatever is missing."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from zipfile import ZIP_STORED, ZipFile

import pytest
from django.conf import settings
from django.utils import translation
from PIL import Image as Pillow

from generation.files import storage
from generation.gallery import zip_archive
from generation.models import Image, ImageModel, Job

AT = datetime(2026, 11, 24, 20, 30, 10, tzinfo=UTC)


def png(color="red", size=(64, 48), mode="RGB"):
    file = io.BytesIO()
    Pillow.new(mode, size, color).save(file, "PNG")
    return file.getvalue()


def image(
    key="images/a/1-0.png", *, prompt="Tea hills", seed=7, data=None, content_type="image/png"
):
    """Return a picture that no database knows, with its file unless `data` is None."""
    if data is not None:
        storage.save(key, data, content_type=content_type)
    job = Job(
        model=ImageModel(slug="flux-dev"), prompt=prompt, width=64, height=48, seed=seed, steps=28
    )
    return Image(job=job, key=key, seed=seed, content_type=content_type, created_at=AT)


def unpacked(images, **options):
    return ZipFile(io.BytesIO(b"".join(zip_archive.pack(images, **options))))


class TestPack:
    def test_it_packs_files_as_they_are(self):
        first, second = png("red"), png("blue")
        packed = unpacked(
            [image("images/a/1.png", data=first), image("images/a/2.jpg", prompt="", data=second)]
        )
        assert packed.testzip() is None
        assert packed.namelist() == ["tea-hills-7.png", "artgen-7.jpg", "parameters.json"]
        assert packed.read("tea-hills-7.png") == first
        assert packed.read("artgen-7.jpg") == second
        assert packed.getinfo("artgen-7.jpg").compress_type == ZIP_STORED

    def test_it_says_how_each_was_made(self):
        packed = unpacked(
            [
                image(data=png(), prompt='Чай "a"\n'),
                image("images/a/2.png", data=png(), prompt="sea"),
            ]
        )
        first, second = json.loads(packed.read("parameters.json"))
        assert first == {
            "file": "чай-a-7.png",
            "model": "flux-dev",
            "prompt": 'Чай "a"\n',
            "width": 64,
            "height": 48,
            "steps": 28,
            "seed": 7,
            "created_at": "2026-11-24T20:30:10+00:00",
        }
        assert second["file"] == "sea-7.png"

    def test_it_gives_every_file_a_name_of_its_own_in_any_script(self):
        prompts = (
            "Чайные холмы",
            "чайные ХОЛМЫ",
            "чайные холмы 7 2",
            "お茶",
            "../../etc/passwd",
            "CON",
            "x" * 300,
        )
        packed = unpacked(
            [image(f"images/a/{n}.png", data=png(), prompt=text) for n, text in enumerate(prompts)]
        )
        assert packed.namelist()[:-1] == [
            "чайные-холмы-7.png",
            "чайные-холмы-7-2.png",
            "чайные-холмы-7-2-7.png",
            "お茶-7.png",
            "etcpasswd-7.png",
            "con-7.png",
            f"{'x' * 48}-7.png",
        ]

    def test_it_names_what_is_gone_in_the_user_s_language_and_packs_the_rest(self):
        with translation.override("ru"):
            pieces = zip_archive.pack(
                [image("images/a/0.png"), image("images/a/1.png", data=png(), prompt="sea")]
            )
        packed = ZipFile(io.BytesIO(b"".join(pieces)))
        assert packed.namelist() == ["sea-7.png", "parameters.json", "missing.txt"]
        assert packed.read("missing.txt").decode().endswith("\ntea-hills-7.png\n")

    def test_it_turns_pictures_into_webp_and_leaves_alone_what_cannot_be(self):
        kept = io.BytesIO()
        Pillow.new("RGB", (8, 8)).save(kept, "WEBP")
        packed = unpacked(
            [
                image("images/a/1.png", data=png((10, 200, 30, 0), mode="RGBA"), prompt="clear"),
                image(
                    "images/a/2.webp",
                    data=kept.getvalue(),
                    prompt="webp",
                    content_type="image/webp",
                ),
                image("images/a/3.png", data=b"no picture", prompt="broken"),
            ],
            as_webp=True,
        )
        assert packed.namelist() == [
            "clear-7.webp",
            "webp-7.webp",
            "broken-7.png",
            "parameters.json",
        ]
        with Pillow.open(packed.open("clear-7.webp")) as opened:
            assert (opened.format, opened.size, opened.mode) == ("WEBP", (64, 48), "RGBA")
        assert packed.read("webp-7.webp") == kept.getvalue()
        assert packed.read("broken-7.png") == b"no picture"

    def test_it_asks_for_a_file_only_when_its_turn_comes(self):
        asked = []

        def images():
            for n in range(3):
                asked.append(n)
                yield image(f"images/a/{n}.png", data=png())

        pieces = zip_archive.pack(images())
        assert asked == []
        next(pieces)
        assert asked == [0]
        pieces.close()
        assert asked == [0]

    def test_it_ends_with_the_error_when_the_files_cannot_be_reached(self):
        good, bad = image("images/a/1.png", data=png()), image("images/a/2.png", data=png())
        bad.key = "images/a"  # a folder: there, but not to be read
        pieces = zip_archive.pack([good, bad])
        with pytest.raises(IsADirectoryError):
            list(pieces)

    @pytest.mark.slow
    def test_it_needs_no_more_memory_for_more_pictures(self):
        few, many = peaks(3, 100)
        assert many - few < 2.5
        few, many = peaks(4, 40, as_webp=True)
        assert many - few < 6


PEAK = """
import json, resource, sys, django
django.setup()
from generation.gallery import zip_archive
from generation.files import storage
from generation.tests.gallery.test_zip_archive import image
from django.utils import timezone
counts, as_webp = json.loads(sys.argv[1]), sys.argv[2] == "True"
for count in counts:
    images = (image(prompt=f"picture {n}") for n in range(count))
    sent = sum(len(piece) for piece in zip_archive.pack(images, as_webp=as_webp))
    print(sent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def peaks(*counts, as_webp=False):
    """Return the most memory.

    In MB, that a process has held after it has packed 6 MB `count` times, for each count.
    """
    size = (512, 512) if as_webp else (1448, 1448)
    storage.save("images/a/1-0.png", noise(size), content_type="image/png")

    environment = {
        "DJANGO_SETTINGS_MODULE": "artgen.settings",
        "DATA_DIR": str(settings.MEDIA_ROOT.parent),
        "SECRET_KEY": "x",
        "PATH": "",
        "DATABASE_URL": "",
        "MALLOC_ARENA_MAX": "1",
    }
    command = [sys.executable, "-W", "ignore", "-c", PEAK, json.dumps(counts), str(as_webp)]
    out = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    most = []
    for count, line in zip(counts, out.stdout.splitlines(), strict=True):
        sent, megabytes = line.split()
        if not as_webp:
            assert int(sent) > count * 6_000_000, sent
        most.append(float(megabytes))
    return most


def noise(size):
    file = io.BytesIO()
    Pillow.effect_noise(size, 90).convert("RGB").save(file, "BMP")
    if size[0] > 600:
        return file.getvalue()
    file = io.BytesIO()
    Pillow.effect_noise(size, 20).convert("RGB").save(file, "PNG")
    return file.getvalue()
