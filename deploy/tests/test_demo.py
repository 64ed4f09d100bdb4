"""`make run`: start, Ctrl-C, start again."""

import contextlib
import json
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import pytest
import requests
from django.conf import settings

from deploy import servers
from deploy.demo import POSTGRES, POSTGRES_PORT, PROGRAMS
from deploy.stack import STOP
from generation.demo.emulator import Emulator, EmulatorOptions
from generation.demo.emulator.painters import tiny_png
from generation.testing import documents
from generation.testing.servers.demo import PATIENCE, Demo, DemoTestCase, follow

pytestmark = pytest.mark.slow
STARTING = pytest.mark.release("deploy/demo.py", "generation/demo/", "artgen/processes/")

# [slow] in a prompt makes a job take ten times as long.
PATIENT = ("--painter", "tiny", "--seconds", "0.7", "--cold-start", "0")


class TestReadme(DemoTestCase):
    def test_its_minute_of_the_api_works_as_printed(self):
        (minute,) = (
            section
            for section in documents.sections(documents.read("README.md"))
            if section.title == "API in a minute"
        )
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("manage.py", ".venv"):
            (folder / name).symlink_to(settings.BASE_DIR / name)
        printed = documents.BLOCK.search(minute.text)[2]
        said = subprocess.run(
            ["sh", "-ec", printed.replace(":8000", f":{self.demo.port}")],
            cwd=folder,
            env=self.demo.environment,
            check=True,
            capture_output=True,
        ).stdout
        assert json.loads(said)["prompt"] == "a lighthouse at dusk"


@STARTING
class TestRestart(unittest.TestCase):
    def setUp(self):
        self.data = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_it_keeps_everything_over_a_restart_and_finishes_what_was_half_way(self):
        with Demo(self.data, *PATIENT) as first, first.socket() as socket:
            assert first.url in first.output
            assert "demo@artgen.local" in first.output
            done = first.ask(
                "post", "jobs/", json={"model": "flux-schnell", "prompt": "fog"}
            ).json()["id"]
            follow(socket, {done})
            slow = {"model": "flux-schnell", "prompt": "fog [slow]"}
            half = first.ask("post", "jobs/", json=slow).json()["id"]
            while half not in socket.recv(timeout=PATIENCE) or self.status(first, half) == "queued":
                pass
            loads = self.load(first)  # it ends while pages are requested
        for thread in loads:
            thread.join(PATIENCE)
        self.start_postgres()  # as if the demo's had survived it
        second = Demo(self.data, *PATIENT)
        second.token = first.token  # kept, too
        with second:
            with second.socket() as socket:
                events = follow(socket, {half})
            assert (events[half][-1]["status"], events[half][-1]["attempt"]) == ("succeeded", 2)
            assert len(second.ask("get", "images/").json()["results"]) == 2
            url = second.ask("get", f"jobs/{done}/").json()["images"][0]["url"]
            assert requests.get(url, timeout=PATIENCE).status_code == 200

        assert "is started again" not in second.output
        for demo in (first, second):
            assert demo.process.returncode == 0, demo.output
            assert demo.left_over() == []
            assert "Traceback" not in demo.output

    def start_postgres(self) -> None:
        data = self.data / "postgres"
        command = servers.postgres(PROGRAMS, data, port=POSTGRES_PORT, settings=POSTGRES)
        survivor = subprocess.Popen(command)
        self.addCleanup(survivor.wait)
        self.addCleanup(survivor.kill)
        while not servers.answers(PROGRAMS, data, port=POSTGRES_PORT):
            assert survivor.poll() is None

    def load(self, demo: Demo) -> list[threading.Thread]:
        """Request pages until the demo answers no more; return the threads that do."""
        answers = threading.Semaphore(0)

        def ask(url: str) -> None:
            with contextlib.suppress(requests.RequestException), requests.Session() as session:
                while session.get(url, timeout=PATIENCE).ok:
                    answers.release()

        paths = ("/", "/explore/", "/status/", "/api/docs/") * 2
        loads = [threading.Thread(target=ask, args=(f"{demo.url}{path}",)) for path in paths]
        for thread in loads:
            thread.start()
        for _ in range(2 * len(loads)):
            assert answers.acquire(timeout=PATIENCE)
        return loads

    def status(self, demo: Demo, job_id: str) -> str:
        return demo.ask("get", f"jobs/{job_id}/").json()["status"]


@STARTING
class TestOwnKey(unittest.TestCase):
    """With a RunPod key: an emulator outside the demo plays RunPod, which cannot reach the demo."""

    def test_it_draws_at_provider_with_every_model_that_takes_a_source(self):
        data = Path(self.enterContext(tempfile.TemporaryDirectory()))
        runpod = self.enterContext(Emulator(EmulatorOptions(api_key="own-key", seconds=0.2)))
        demo = Demo(data, *PATIENT)
        demo.environment |= {
            "RUNPOD_API_KEY": runpod.api_key,
            "RUNPOD_BASE_URL": runpod.base_url,
            "RUNPOD_IMAGE_HOSTS": runpod.image_host,
            "RUNPOD_REACHES_US": "false",
        }
        with demo:
            assert "RunPod makes the images and charges your key." in demo.output
            assert "RunPod cannot reach this machine" in demo.output
            with pytest.raises(requests.ConnectionError):
                requests.get(
                    f"http://127.0.0.1:{demo.environment['EMULATOR_PORT']}/", timeout=PATIENCE
                )
            models = [
                one
                for one in demo.ask("get", "models/").json()
                if one["max_source_images"] and one["enabled"]
            ]
            assert len(models) >= 6
            file = {"file": ("source.png", tiny_png(640, 320, 7), "image/png")}
            source = demo.ask("post", "uploads/", files=file).json()["id"]
            with demo.socket() as socket:
                placed = set()
                for model in models:
                    request = {
                        "model": model["slug"],
                        "prompt": "the same at night",
                        "source_images": [source],
                    }
                    placed.add(demo.ask("post", "jobs/", json=request).json()["id"])
                events = follow(socket, placed)
            assert {events[one][-1]["status"] for one in placed} == {"succeeded"}
            assert len(demo.left_over()) > len(STOP)
            demo.process.kill()
        assert demo.left_over() == [], "nothing outlives its killed process"
        sent = [call.json for call in runpod.calls if call.path.endswith("/run")]
        assert len(sent) == len(models)
        assert not [one for one in sent if "webhook" in one]
        for one in sent:
            images = one["input"].get("images") or [one["input"]["image"]]
            assert all(image.startswith("data:image/png;base64,") for image in images)
