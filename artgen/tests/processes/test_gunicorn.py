"""deploy/gunicorn.conf.py: what it does around the loading of the application."""

import contextlib
import os
import subprocess
import sys

import pytest
from django.conf import settings

PROGRAM = """
import gc, os, runpy, sys, threading
config = runpy.run_path("deploy/gunicorn.conf.py")
collecting = [gc.isenabled()]
import artgen.processes.wsgi
config["when_ready"](None)
collecting.append(gc.isenabled())
links = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
sockets = [link for link in links if "socket:" in link]
threads = threading.active_count()
config["post_fork"](None, None)
collecting.append(gc.isenabled())
loaded = gc.get_freeze_count() > 100_000 and "generation.views.create.create" in sys.modules
print(collecting, threads, sockets, loaded)
"""

HANGING = """
import runpy, sys, threading
config = runpy.run_path("deploy/gunicorn.conf.py")
config["post_fork"](None, None)

def handle(is_hanging):
    config["pre_request"](None, None)
    if is_hanging:
        threading.Event().wait()
    config["post_request"](None, None, None, None)

for is_hanging in map(int, sys.argv[1]):
    threading.Thread(target=handle, args=[is_hanging]).start()
sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("requests", "status"), [("11", 1), ("01", None)])
def test_it_ends_a_process_whose_threads_all_hang(requests: str, status: int | None):
    environment = {**os.environ, "GUNICORN_THREADS": "2", "GUNICORN_TIMEOUT": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, requests],
        cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE,
    )  # fmt: skip
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5 if status is None else 60)
    assert process.poll() == status
    process.kill()
    process.wait()


@pytest.mark.s3
def test_it_loads_all_before_the_fork_with_no_thread_and_no_connection_left():
    environment = {
        **os.environ,
        "DB_POOL": "1",
        "S3_BUCKET": "artgen",
        "S3_ENDPOINT_URL": os.environ["TEST_S3_URL"],
        "S3_ACCESS_KEY_ID": "key",
        "S3_SECRET_ACCESS_KEY": "secret",
        "DJANGO_SETTINGS_MODULE": "artgen.settings",
    }
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert output.splitlines()[-1] == "[False, False, True] 1 [] True"
