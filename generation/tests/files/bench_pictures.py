"""Compare the cost of storing an image with decoding it and putting it into the bucket.

`python -m artgen.testing.services -- python -m generation.tests.files.bench_pictures [side]` prints
milliseconds of CPU and of the clock, medians of all runs, and the requests to the bucket.
"""

import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import django
from PIL import Image as Pillow

RUNS = 31
PROMPT = "A lighthouse above a stormy sea at dusk"


def main() -> None:
    """Paint a picture of each format, keep it again and again, print the table."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    django.setup()
    from django.core.files.storage import default_storage

    from artgen.testing.bucket import s3_settings
    from generation.demo.painter import encode, paint
    from generation.files import processing
    from generation.jobs import storing
    from generation.models import Job

    side = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    server = urlsplit(os.environ["TEST_S3_URL"])
    job = Job(
        user_id=uuid4(),
        model_id=1,
        prompt=PROMPT,
        width=side,
        height=side,
        snapshot={"slug": "flux-dev"},
    )
    painted = paint(prompt=PROMPT, width=side, height=side, seed=1)
    print(f"{'':28} {'CPU':>8} {'wall':>8} {'CPU':>6} {'wall':>6}")
    with s3_settings(f"http://{server.hostname}:{server.port}", name="bench"):
        s3: Any = default_storage
        s3.connection.create_bucket(Bucket="bench")
        sent: list[str] = []
        s3.connection.meta.client.meta.events.register(
            "before-send.s3", lambda request, **_: sent.append(request.method)
        )
        for form in ("png", "jpeg"):
            data = encode(painted, prompt=PROMPT, seed=1, format=form)
            kind = f"image/{form}"

            def floor(data: bytes = data, kind: str = kind) -> None:
                with Pillow.open(io.BytesIO(data)) as opened:
                    opened.load()
                s3.connection.meta.client.put_object(
                    Bucket="bench", Key="floor", Body=data, ContentType=kind
                )

            steps: dict[str, Callable[[], object]] = {
                "decode + PUT (floor)": floor,
                "prepare": lambda data=data: processing.prepare(
                    data, parameters={"prompt": PROMPT}
                ),
                "keep": lambda data=data: storing.save_image(job, position=0, data=data, seed=1),
            }
            taken = measured(steps)
            least = taken["decode + PUT (floor)"]
            for name, (cpu, wall) in taken.items():
                print(
                    f"{form} {name:{27 - len(form)}} {cpu:6.1f}ms {wall:6.1f}ms "
                    f"{cpu / least[0]:5.2f}x {wall / least[1]:5.2f}x"
                )
            sent.clear()
            storing.save_image(job, position=0, data=data, seed=1)
            made = processing.prepare(data)
            print(
                f"{form} requests: {' '.join(sent)}; bytes: {len(data)}, {len(made.large)}, {len(made.thumbnail)}"
            )


def measured(steps: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Return the medians of CPU and clock of each step in ms; the steps take turns."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for run in range(RUNS + 2):
        for name, step in steps.items():
            cpu, wall = time.process_time(), time.perf_counter()
            step()
            if run >= 2:
                taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {
        name: (
            1000 * statistics.median(c for c, _w in all_),
            1000 * statistics.median(w for _c, w in all_),
        )
        for name, all_ in taken.items()
    }


if __name__ == "__main__":
    main()
