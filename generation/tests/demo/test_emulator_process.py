"""The emulator as a process: it paints for real, and leaves nothing behind when it ends."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from artgen.http.download import fetch_image
from generation.imaging.image_decoding import decode
from generation.providers import payloads
from generation.providers.job_report import RemoteState
from generation.providers.runpod.client import RunPodClient
from generation.testing.rows.payloads import build, parameters

pytestmark = pytest.mark.release("generation/demo/")

PATIENCE = 120  # seconds until a test gives up; no test waits for it when all is well
PROGRAM = """
import sys

if __name__ == "__main__":
    from generation.demo.emulator import EmulatorOptions, serve

    serve(
        EmulatorOptions(api_key=None, painter=sys.argv[1], processes=1, speed=50),
        exit_with_parent=sys.argv[2] == "parent",
        on_ready=lambda emulator: print(emulator.image_host, flush=True),
    )
"""


@contextlib.contextmanager
def serving(tmp_path, painter="tiny", ends_with="signal"):
    program = tmp_path / "serving.py"
    program.write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, str(program), painter, ends_with],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        start_new_session=True,
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        process.stdin.close()
        process.stdout.close()


def living(group):
    """Return the processes of a session that have not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            pid = int(entry.name)
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == group and fields[0] != "Z":
                found.append(pid)
    return found


def paint(host):
    client = RunPodClient(base_url=f"http://{host}/v2", api_key="any")
    endpoint = "black-forest-labs-flux-1-schnell"
    body = build("flux", parameters(width=256, height=256, steps=4))
    runpod_id = client.run(endpoint, input=body).remote_id
    while not (report := client.status(endpoint, runpod_id)).state.final:
        pass
    return report


def test_it_paints_for_real_and_ends_with_its_painting_processes(tmp_path):
    with serving(tmp_path, "full") as (process, host):
        report = paint(host)
        assert report.state is RemoteState.COMPLETED
        [picture] = payloads.read("public", report).images
        data = fetch_image(picture.url, allowed_hosts=[host])
        assert decode(data)[0].width == 256
        family = living(process.pid)
        assert len(family) >= 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert gone(family)


def gone(pids):
    """Return whether processes have ended, waiting for them."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                if not select.select([handle], [], [], PATIENCE)[0]:
                    return False
            finally:
                os.close(handle)
    return True
