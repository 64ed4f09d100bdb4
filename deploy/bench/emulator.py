"""The emulator as a separate process, so that its CPU is not counted as ArtGen's."""

import os
import subprocess
import sys
import time
from contextlib import suppress

import requests
from django.conf import settings

from generation.testing.services import free_port

PATIENCE = 60


class EmulatorProcess:
    """`manage.py runpod_emulator` between `start` and `stop`, in place of the emulator of Stack."""

    def __init__(
        self, seconds: float | str, *options: str, painter: str = "tiny", workers: int = 2000
    ) -> None:
        """Prepare it; `seconds` is the GPU time of an image, or a range such as "2-8"."""
        self.port = free_port()
        self.options = [
            f"--seconds={seconds}",
            f"--painter={painter}",
            f"--workers={workers}",
            "--cold-start=0",
            f"--public-url=http://{self.image_host}",  # also of what is asked for through a proxy
            *options,
        ]

    @property
    def image_host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.image_host}/v2"

    def start(self) -> None:
        command = [
            sys.executable,
            "manage.py",
            "runpod_emulator",
            f"--port={self.port}",
            "--exit-with-parent",
        ]
        environment = os.environ | {"RUNPOD_API_KEY": "test"}
        self.process = subprocess.Popen(
            [*command, *self.options],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            with suppress(requests.ConnectionError):
                if requests.get(f"http://{self.image_host}/healthz", timeout=5).ok:
                    return
            time.sleep(0.05)
        raise RuntimeError("the emulator does not answer")

    def stop(self) -> None:
        if process := getattr(self, "process", None):
            process.terminate()
            process.wait(PATIENCE)
