"""`deploy/handover.sh drain`: when the one who is replaced has nothing left to answer."""

import os
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from django.conf import settings

PATIENCE = 60


class HandoverTests(unittest.TestCase):
    def setUp(self):
        self.run_dir = Path(self.enterContext(tempfile.TemporaryDirectory(dir="/tmp")))
        self.listener = self.enterContext(socket.socket(socket.AF_UNIX))
        self.listener.bind(str(self.run_dir / "web-main.sock"))
        self.listener.listen()
        (self.run_dir / "nginx").mkdir()
        (self.run_dir / "nginx" / "nginx.pid").write_text(f"{os.getpid()}\n")

    def drain(self, **environment: str) -> float:
        """Return the seconds that it took."""
        began = time.monotonic()
        subprocess.run(
            [settings.BASE_DIR / "deploy" / "handover.sh", "drain", "web", "main"],
            env={"PATH": os.environ["PATH"], "RUN_DIR": str(self.run_dir), **environment},
            check=True, timeout=PATIENCE,
        )  # fmt: skip
        self.assertTrue((self.run_dir / "web-main.draining").exists())
        return time.monotonic() - began

    def connect(self) -> socket.socket:
        client = self.enterContext(socket.socket(socket.AF_UNIX))
        client.connect(str(self.run_dir / "web-main.sock"))
        return client

    def test_it_does_not_wait_where_nobody_is_connected(self):
        self.assertLess(self.drain(NGINX_KEEPS_SECONDS=str(PATIENCE)), PATIENCE)

    def test_it_waits_for_the_last_connection_to_be_closed(self):
        one, other = self.connect(), self.connect()
        served = self.enterContext(self.listener.accept()[0])
        closed = threading.Event()

        def close() -> None:
            while not (self.run_dir / "web-main.draining").exists():
                pass
            one.close()
            served.close()
            other.close()
            waiting = self.listener.accept()[0]  # also one that nobody has accepted yet counts
            closed.set()
            waiting.close()

        closer = threading.Thread(target=close)
        closer.start()
        self.drain(NGINX_KEEPS_SECONDS=str(PATIENCE))
        self.assertTrue(closed.is_set())
        closer.join()

    def test_it_waits_no_longer_than_nginx_keeps_an_idle_connection(self):
        self.connect()
        self.assertGreater(self.drain(NGINX_KEEPS_SECONDS="0"), 1)

    def test_it_waits_as_long_where_it_cannot_see_the_connections(self):
        (self.run_dir / "nginx" / "nginx.pid").unlink()
        self.assertGreater(self.drain(NGINX_KEEPS_SECONDS="0"), 1)
