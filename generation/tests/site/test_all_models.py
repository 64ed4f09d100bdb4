"""Every model of the catalog drawn at the demo, and sent live over the socket of its user only."""

import contextlib
import hashlib
import io
import json

import pytest
import requests
from PIL import Image as Pillow
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from generation.catalog.catalog_file import CATALOG_FILE, read_catalog
from generation.demo.emulator.input_validation import PUBLIC_ENDPOINTS
from generation.providers.payloads import DIALECTS, PUBLIC
from generation.testing.rows.catalog import offer
from generation.testing.servers.demo import PATIENCE, DemoTestCase, follow


class TestAllModels(DemoTestCase):
    prepare = "from generation.models import ImageModel; ImageModel.objects.update(enabled=True)"

    def test_it_draws_with_every_dialect_and_tells_it_live(self):
        demo = self.demo
        models = read_catalog(CATALOG_FILE)["models"]
        assert {model["dialect"] for model in models} == {PUBLIC, *DIALECTS}
        public = {model["endpoint_id"] for model in models if model["dialect"] == PUBLIC}
        assert public == set(PUBLIC_ENDPOINTS)
        before = demo.ask("get", "account/").json()["credits"]
        file = {"file": ("source.png", _png(), "image/png")}
        source = demo.ask("post", "uploads/", files=file).json()["id"]

        with demo.socket() as socket:
            assert json.loads(socket.recv(timeout=PATIENCE)) == {"type": "snapshot", "jobs": []}
            placed = {}
            for model in models:
                sources = [source] * model.get("min_source_images", 0)
                request = {
                    "model": model["slug"],
                    "prompt": "маяк ночью",
                    "seed": 7,
                    "source_images": sources,
                    "source_roles": offer(model["slug"]).usual_roles(len(sources)),
                }
                if sources and "mask" in model["parameters"]:
                    request["mask"] = source
                answer = demo.ask("post", "jobs/", json=request)
                assert answer.status_code == 201, answer.text
                placed[answer.json()["id"]] = model["slug"]
            events = follow(socket, set(placed))

        for job_id, slug in placed.items():
            with self.subTest(slug):
                versions = [job["version"] for job in events[job_id]]
                assert versions == sorted(versions)
                job = demo.ask("get", f"jobs/{job_id}/").json()
                assert (job["status"], job["error"]) == ("succeeded", None)
                (image,) = job["images"]
                data = requests.get(image["url"], timeout=PATIENCE).content
                assert hashlib.sha256(data).hexdigest() == image["sha256"]
                assert len(data) == image["bytes"]
                with Pillow.open(io.BytesIO(data)) as picture:
                    assert picture.size == (image["width"], image["height"])
                assert requests.get(f"{image['url']}1", timeout=PATIENCE).status_code == 404
        account = demo.ask("get", "account/").json()
        spent = sum(job[-1]["credits"] for job in events.values())
        assert (account["held"], account["credits"]) == (0, before - spent)

    def test_it_lets_nobody_listen_in(self):
        demo = self.demo
        address = f"ws://127.0.0.1:{demo.port}/ws/jobs/"
        nonsense = {"Authorization": "Bearer nonsense"}
        for options in (
            {},
            {"origin": demo.url},
            {"origin": demo.url, "additional_headers": nonsense},
        ):
            with connect(address, **options) as socket:
                with contextlib.suppress(Exception):
                    socket.recv(timeout=PATIENCE)
                assert socket.close_code == 4401
        with pytest.raises(InvalidStatus):
            connect(
                address,
                origin="https://evil.example",
                additional_headers={"Cookie": "sessionid=stolen"},
            )

        new = ("create_user", "eve@example.org", "--password", "eves-password")
        token = demo.commands(new, ("issue_token", "eve@example.org"))[-1]
        with (
            connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as eve,
            demo.socket() as own,
        ):
            job = demo.ask("post", "jobs/", json={"model": "flux-schnell", "prompt": "fog"}).json()[
                "id"
            ]
            follow(own, {job})
            assert json.loads(eve.recv(timeout=PATIENCE)) == {"type": "snapshot", "jobs": []}
            eve.send(b"no text")
            eve.send('{"type": "ping"}')
            assert json.loads(eve.recv(timeout=PATIENCE)) == {"type": "pong"}, (
                "nothing of the job came before"
            )


def _png() -> bytes:
    file = io.BytesIO()
    Pillow.linear_gradient("L").resize((320, 240)).convert("RGB").save(file, "PNG")
    return file.getvalue()
