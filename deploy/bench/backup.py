"""Measure a backup and a restoration, and compute how long 100,000 images take.

    python -m deploy.bench.backup [DOCUMENT]

Two sites of its own, one with many small files and one with few of the usual size, give the cost of
an image and that of a megabyte. It starts PostgreSQL, Redis and an S3 server for that.
"""

import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from artgen.testing import services

COMMAND = "python -m deploy.bench.backup"
IMAGES = 100_000
USUAL_BYTES = 1_400_000  # of a PNG of 1024 × 1024 pixels
SMALLER_BYTES = 30_000  # of its thumbnail
SETS = ((3000, 10_000, 4_000), (300, USUAL_BYTES, SMALLER_BYTES))
FILL = """
import hashlib, os
from concurrent.futures import ThreadPoolExecutor
from django.utils import timezone
from artgen.testing import cases, many_images
from generation.files import storage
from generation.models import Image, ImageModel
user = cases.make_user("alice@example.org")
models = list(ImageModel.objects.order_by("id").values_list("id", flat=True))
many_images.hang(user=user, models=(models * 3)[:3], count={count}, until=timezone.now())
images = list(Image.objects.order_by("id"))
def fill(image):
    data = os.urandom({size})
    image.bytes, image.sha256 = len(data), hashlib.sha256(data).hexdigest()
    storage.save(image.key, data, content_type="image/png")
    storage.save(image.thumbnail_key, os.urandom({smaller}), content_type="image/webp")
with ThreadPoolExecutor(8) as pool:
    list(pool.map(fill, images))
Image.objects.bulk_update(images, ["bytes", "sha256"], batch_size=1000)
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of each step, with the number of images and their megabytes."""

    images: int
    megabytes: float
    dump_megabytes: float
    first: float
    next: float
    restore: float


def measure(template: str, count: int, size: int, smaller: int) -> Measured:
    """Back up twice, destroy and restore a site."""
    from artgen.testing.backups import Site  # noqa: PLC0415 Django is set up by then

    with Site(template) as site:
        site.execute(FILL.format(count=count, size=size, smaller=smaller))
        public = site.backup("--new-key").stdout.splitlines()
        recipient, identity = public[0].removeprefix("# public key: "), public[1]
        site.environment |= {"BACKUP_RECIPIENTS": recipient, "BACKUP_IDENTITY": identity}
        seconds = []
        for step in (site.backup, site.backup, site.restore):
            if step == site.restore:
                site.destroy()
            begin = time.monotonic()
            done = step()
            seconds.append(time.monotonic() - begin)
            if done.returncode:
                sys.exit(done.stdout + done.stderr)
            print(done.stdout.strip().splitlines()[-1], flush=True)
            if found := re.search(r"database ([0-9.]+) MB", done.stdout):
                dump = float(found[1])
        megabytes = (size + smaller) / 1e6
        return Measured(count, megabytes, dump, *seconds)


def table(small: Measured, large: Measured) -> str:
    """Return the measurement and the estimate as Markdown."""
    usual = (USUAL_BYTES + SMALLER_BYTES) / 1e6
    estimates = []
    for step in ("first", "next", "restore"):
        each_small = getattr(small, step) / small.images
        each_large = getattr(large, step) / large.images
        if step == "next":  # copies nothing: the size of the files does not matter
            each = each_small
        else:
            per_megabyte = (each_large - each_small) / (large.megabytes - small.megabytes)
            each = each_small + max(0.0, per_megabyte) * (usual - small.megabytes)
        seconds = each * IMAGES
        estimates.append(f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s")
    lines = [
        "| encrypted, 2 files each | first backup | next backup | restore |",
        "|---|---|---|---|",
    ]
    for one in (small, large):
        lines.append(
            f"| {one.images:,} images of {one.megabytes * 1000:,.0f} kB, measured "
            f"| {one.first:.1f} s | {one.next:.1f} s | {one.restore:.1f} s |"
        )
    first, following, restore = estimates
    lines.append(
        f"| **{IMAGES:,} images of {usual * 1000:,.0f} kB ({IMAGES * usual / 1000:,.0f} GB), "
        f"computed** | {first} | {following} | **{restore}** |"
    )
    cores = len(os.sched_getaffinity(0))
    lines += [
        "",
        f"On {cores} cores, shared with PostgreSQL and the S3 server. The dump has "
        f"{small.dump_megabytes * 1e6 / small.images:.0f} bytes an image. A bucket over a network "
        f"adds the time that {IMAGES * usual / 1000:,.0f} GB take there.",
    ]
    return "\n".join(lines)


def main(document: str = "") -> None:
    """Start the servers and itself again with them; print the table, and write it."""
    if "TEST_S3_URL" not in os.environ:
        command = [sys.executable, "-m", "deploy.bench.backup", *filter(None, [document])]
        sys.exit(services.main(command))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    import django  # noqa: PLC0415

    django.setup()
    from artgen.testing.backups import migrated_template  # noqa: PLC0415
    from generation.operations.loadtest.sections import put_into  # noqa: PLC0415

    with migrated_template() as template:
        small, large = (measure(template, *sizes) for sizes in SETS)
    text = table(small, large)
    print(text)
    if document:
        put_into(Path(document), name="restore", command=f"{COMMAND} DOCUMENT", text=text)


if __name__ == "__main__":
    main(*sys.argv[1:])
