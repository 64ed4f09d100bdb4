"""Every model of the catalog.

From placing to the stored image, over each answer that was recorded from RunPod.
"""

import http.server
import threading
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from generation.catalog.catalog_file import CATALOG_FILE, read_catalog
from generation.demo.emulator.painters import tiny_png
from generation.files import storage, uploads
from generation.models import ImageModel, Status
from generation.providers import payloads
from generation.testing import orders
from generation.testing.cases import emulated, load_catalog, make_due, make_user, work

CATALOG = read_catalog(CATALOG_FILE)["models"]
OWN = [model["slug"] for model in CATALOG if model["endpoint_id"].startswith("own-")]
PUBLIC = [model["slug"] for model in CATALOG if model["slug"] not in OWN]
ANSWERS: list[tuple[str, dict[str, Any]]] = [
    *((slug, {}) for slug in PUBLIC),  # as recorded
    # What may come instead, from any of them.
    (PUBLIC[0], {"shape": "result", "jpeg": True}),
    (PUBLIC[0], {"shape": "list", "cdn": True}),
    (PUBLIC[0], {"shape": "image_url", "jpeg": False, "cdn": False}),
]

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


class Ours(http.server.BaseHTTPRequestHandler):
    """Our address: workers fetch sources there, and send webhooks, which get lost."""

    def do_GET(self):
        data = tiny_png(320, 200, 5)
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def runpod(settings):
    load_catalog()
    ImageModel.objects.update(enabled=True)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ours) as ours, emulated() as emulator:
        threading.Thread(target=ours.serve_forever, args=(0.01,), daemon=True).start()
        settings.PUBLIC_URL = f"http://127.0.0.1:{ours.server_port}"
        yield emulator
        ours.shutdown()


def finished(slug, runpod):
    """Return a job of this model at its end."""
    alice = make_user("alice@example.org")
    model = ImageModel.objects.get(slug=slug)
    request = {"model": slug, "prompt": "два маяка"}
    if model.min_source_images:
        source = uploads.keep(user=alice, data=tiny_png(640, 320, 7))
        request["source_images"] = [str(source.id)] * model.min_source_images
        request["source_roles"] = model.offer.usual_roles(model.min_source_images)
    if model.offer.needs_mask:
        request["mask"] = str(uploads.keep(user=alice, data=tiny_png(640, 320, 1)).id)
    job = orders.place(user=alice, request=request).jobs[0]
    for _ in range(20):
        runpod.advance(3)
        make_due()
        work()
        job.refresh_from_db()
        if job.is_final:
            break
    assert job.status == Status.SUCCEEDED, job.error_detail
    return job


def handed_out(runpod):
    """Return the address of the image that RunPod has drawn."""
    [job] = runpod.jobs
    [output] = job.output if isinstance(job.output, list) else [job.output]
    return urlsplit(output.get("result") or output["image_url"])


@pytest.mark.parametrize(("slug", "answer"), ANSWERS)
def test_it_stores_the_image_and_records_the_cost(runpod, slug, answer):
    runpod.output_formats.set(**answer)
    job = finished(slug, runpod)
    image = job.images.get()
    expected = runpod.output_formats.of(job.model.endpoint.endpoint_id)
    assert job.cost == Decimal(str(expected.cost))
    assert len(storage.read(image.key)) == image.bytes
    assert image.content_type == ("image/jpeg" if expected.jpeg else "image/png")
    assert handed_out(runpod).netloc == (runpod.cdn_host if expected.cdn else runpod.image_host)


@pytest.mark.parametrize("slug", OWN)
def test_it_stores_the_image_of_an_own_worker_and_records_no_cost(runpod, slug):
    job = finished(slug, runpod)
    assert job.images.count() == 1
    assert job.cost is None


def test_it_covers_every_dialect():
    assert {model["dialect"] for model in CATALOG} == {payloads.PUBLIC, *payloads.DIALECTS}
