"""`make run` as its users know it: one process tree, real HTTP, a real socket, a real Ctrl-C, for every dialect."""

import contextlib
import functools
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pytest
import requests
from django.conf import settings
from PIL import Image as Pillow
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from artgen.tests.services import free_port
from generation.catalog import CATALOG_FILE, read_catalog
from generation.runpod.payloads import DIALECTS

PATIENCE = 120  # seconds until a test gives up; nothing waits for it when all is well
FINAL = ("succeeded", "failed", "canceled")
QUICK = ("--painter", "tiny", "--seconds", "0.2", "--cold-start", "0")


class Demo:
    """A running demo: `url`, `token`, `output`."""

    def __init__(self, data: Path, *options: str) -> None:
        self.port, emulator_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "RUNPOD_API_KEY", "PYTEST_VERSION", "PUBLIC_URL")
        }
        self.environment |= {"DATA_DIR": str(data), "PORT": str(self.port), "EMULATOR_PORT": str(emulator_port)}
        self.environment |= {"RUNPOD_MISSING_SECONDS": "1", "PYTHONUNBUFFERED": "1"}
        self.options = options

    def command(self, *arguments: str) -> str:
        """Run one of ArtGen's commands on the demo's data and return what it prints."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]} failed: {done.stderr}")
        return done.stdout.strip()

    def commands(self, *calls: tuple[str, ...]) -> list[str]:
        """Run several commands in one process, whose start takes longer than they do; return the lines they print."""
        run = "from django.core.management import call_command\nfor call in {!r}:\n    call_command(*call)"
        return self.command("shell", "--verbosity", "0", "--command", run.format(calls)).splitlines()

    def __enter__(self) -> "Demo":
        self.process = subprocess.Popen(
            ["deploy/demo.sh", sys.executable, *self.options],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        while "Ctrl-C" not in self.output:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the demo did not start: {self.output}")
            self.output += line
        return self

    @functools.cached_property
    def token(self) -> str:
        """The token that calls of the API are made with."""
        return self.command("issue_token", "demo@artgen.local", "--name", f"test {self.port}")

    def __exit__(self, *error: object) -> None:
        """Press Ctrl-C and wait until the last process has gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        self.output += self.process.communicate(timeout=PATIENCE)[0]

    def letter_link(self, path: str) -> str:
        """Wait for a letter with a link that begins with this path; letters are printed, as nothing sends them."""
        while not (link := re.search(rf"{self.url}{path}\S+", self.process.stdout.readline())):
            pass
        return link[0]

    def ask(self, method: str, path: str, **options: object) -> requests.Response:
        """Call the API with the token."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **options.pop("headers", {})}
        return requests.request(method, f"{self.url}/api/v1/{path}", headers=headers, timeout=PATIENCE, **options)

    def socket(self, **options: object):
        """Open the socket with the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return connect(f"ws://127.0.0.1:{self.port}/ws/jobs/", additional_headers=headers, **options)


def follow(socket, ids: set[str]) -> dict[str, list[dict]]:
    """Return all that the socket tells of these jobs until the last of them is final."""
    told: dict[str, list[dict]] = {one: [] for one in ids}
    while any(not jobs or jobs[-1]["status"] not in FINAL for jobs in told.values()):
        message = json.loads(socket.recv(timeout=PATIENCE))
        for job in message["jobs"] if message["type"] == "snapshot" else [message["job"]]:
            if job["id"] in told:
                told[job["id"]].append(job)
    return told


@pytest.mark.xdist_group("demo with all models")
class AllModelsTests(unittest.TestCase):
    """One demo in which every model of the catalog is switched on."""

    @classmethod
    def setUpClass(cls):
        data = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.catalog = data / "catalog.toml"
        cls.catalog.write_text(CATALOG_FILE.read_text().replace("enabled = false", "enabled = true"))
        Demo(data).commands(("migrate", "--verbosity", "0"), ("load_catalog", str(cls.catalog)))
        cls.demo = cls.enterClassContext(Demo(data, *QUICK))

    def test_it_draws_with_every_dialect_and_tells_it_live(self):
        demo = self.demo
        models = read_catalog(self.catalog)["models"]
        self.assertEqual({model["dialect"] for model in models}, set(DIALECTS))
        before = demo.ask("get", "account/").json()["credits"]
        file = {"file": ("source.png", _png(), "image/png")}
        source = demo.ask("post", "uploads/", files=file).json()["id"]

        with demo.socket() as socket:
            self.assertEqual(json.loads(socket.recv(timeout=PATIENCE)), {"type": "snapshot", "jobs": []})
            placed = {}
            for model in models:
                sources = [source] * model.get("min_source_images", 0)
                request = {"model": model["slug"], "prompt": "маяк ночью", "seed": 7, "source_images": sources}
                answer = demo.ask("post", "jobs/", json=request)
                self.assertEqual(answer.status_code, 201, answer.text)
                placed[answer.json()["id"]] = model["slug"]
            told = follow(socket, set(placed))

        for job_id, slug in placed.items():
            with self.subTest(slug):
                versions = [job["version"] for job in told[job_id]]
                self.assertEqual(versions, sorted(versions))
                job = demo.ask("get", f"jobs/{job_id}/").json()
                self.assertEqual((job["status"], job["error"]), ("succeeded", None))
                (image,) = job["images"]
                data = requests.get(image["url"], timeout=PATIENCE).content
                self.assertEqual(hashlib.sha256(data).hexdigest(), image["sha256"])
                self.assertEqual(len(data), image["bytes"])
                with Pillow.open(io.BytesIO(data)) as picture:
                    self.assertEqual(picture.size, (image["width"], image["height"]))
                self.assertEqual(requests.get(f"{image['url']}1", timeout=PATIENCE).status_code, 404)
        account = demo.ask("get", "account/").json()
        spent = sum(job[-1]["credits"] for job in told.values())
        self.assertEqual((account["held"], account["credits"]), (0, before - spent))

    def test_it_lets_nobody_listen_in(self):
        demo = self.demo
        address = f"ws://127.0.0.1:{demo.port}/ws/jobs/"
        nonsense = {"Authorization": "Bearer nonsense"}
        for options in ({}, {"origin": demo.url}, {"origin": demo.url, "additional_headers": nonsense}):
            with connect(address, **options) as socket:
                with contextlib.suppress(Exception):
                    socket.recv(timeout=PATIENCE)
                self.assertEqual(socket.close_code, 4401)
        with self.assertRaises(InvalidStatus):
            connect(address, origin="https://evil.example", additional_headers={"Cookie": "sessionid=stolen"})

        new = ("create_user", "eve@example.org", "--password", "eves-password")
        token = demo.commands(new, ("issue_token", "eve@example.org"))[-1]
        with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as eve, demo.socket() as own:
            job = demo.ask("post", "jobs/", json={"model": "flux-schnell", "prompt": "fog"}).json()["id"]
            follow(own, {job})
            self.assertEqual(json.loads(eve.recv(timeout=PATIENCE)), {"type": "snapshot", "jobs": []})
            eve.send(b"no text")
            eve.send('{"type": "ping"}')
            self.assertEqual(json.loads(eve.recv(timeout=PATIENCE)), {"type": "pong"}, "nothing of the job came before")


class RestartTests(unittest.TestCase):
    def setUp(self):
        self.data = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_it_keeps_everything_over_a_restart_and_finishes_what_was_half_way(self):
        with Demo(self.data, *QUICK) as first:
            self.assertIn(first.url, first.output)
            self.assertIn("demo@artgen.local", first.output)
            token = first.token
            with first.socket() as socket:
                done = first.ask("post", "jobs/", json={"model": "flux-schnell", "prompt": "fog"}).json()["id"]
                follow(socket, {done})
        stuck = ("--painter", "tiny", "--seconds", "600", "--cold-start", "0")
        second = Demo(self.data, *stuck)
        second.token = token  # kept, too
        with second, second.socket() as socket:
            half = second.ask("post", "jobs/", json={"model": "flux-schnell", "prompt": "fog"}).json()["id"]
            while half not in socket.recv(timeout=PATIENCE) or self.status(second, half) == "queued":
                pass
        third = Demo(self.data, *QUICK)
        third.token = token
        with third:
            with third.socket() as socket:
                told = follow(socket, {half})
            self.assertEqual((told[half][-1]["status"], told[half][-1]["attempt"]), ("succeeded", 2))
            self.assertEqual(len(third.ask("get", "images/").json()["results"]), 2)
            url = third.ask("get", f"jobs/{done}/").json()["images"][0]["url"]
            self.assertEqual(requests.get(url, timeout=PATIENCE).status_code, 200)

        for demo in (first, second, third):
            self.assertEqual(demo.process.returncode, 0, demo.output)
            self.assertEqual(_left_over(demo.process.pid), [])
            self.assertNotIn("Traceback", demo.output)

    def status(self, demo: Demo, job_id: str) -> str:
        return demo.ask("get", f"jobs/{job_id}/").json()["status"]


def _left_over(session: int) -> list[str]:
    """Return the command lines of processes that still live in the demo's session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(stat.with_name("cmdline").read_text().replace("\0", " "))
    return found


def _png() -> bytes:
    file = io.BytesIO()
    Pillow.linear_gradient("L").resize((320, 240)).convert("RGB").save(file, "PNG")
    return file.getvalue()
