"""`make run` as its users know it: started, stopped by Ctrl-C, started again."""

import contextlib
import tempfile
import unittest
from pathlib import Path

import requests

from artgen.tests.demo import PATIENCE, Demo, follow

PATIENT = ("--painter", "tiny", "--seconds", "0.7", "--cold-start", "0")  # seven for what has [slow] in its prompt


class RestartTests(unittest.TestCase):
    def setUp(self):
        self.data = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_it_keeps_everything_over_a_restart_and_finishes_what_was_half_way(self):
        with Demo(self.data, *PATIENT) as first, first.socket() as socket:
            self.assertIn(first.url, first.output)
            self.assertIn("demo@artgen.local", first.output)
            done = first.ask("post", "jobs/", json={"model": "flux-schnell", "prompt": "fog"}).json()["id"]
            follow(socket, {done})
            slow = {"model": "flux-schnell", "prompt": "fog [slow]"}
            half = first.ask("post", "jobs/", json=slow).json()["id"]
            while half not in socket.recv(timeout=PATIENCE) or self.status(first, half) == "queued":
                pass
        second = Demo(self.data, *PATIENT)
        second.token = first.token  # kept, too
        with second:
            with second.socket() as socket:
                told = follow(socket, {half})
            self.assertEqual((told[half][-1]["status"], told[half][-1]["attempt"]), ("succeeded", 2))
            self.assertEqual(len(second.ask("get", "images/").json()["results"]), 2)
            url = second.ask("get", f"jobs/{done}/").json()["images"][0]["url"]
            self.assertEqual(requests.get(url, timeout=PATIENCE).status_code, 200)

        for demo in (first, second):
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
