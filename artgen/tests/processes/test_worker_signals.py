"""artgen.processes.worker_signals: what it adds to Celery's workers."""

import os
import signal
import subprocess
import sys

from django.conf import settings

PROGRAM = """
from types import SimpleNamespace

import django
from celery import signals

django.setup()
from artgen.processes import worker_signals

def begin(task_id, *, limit):
    task = SimpleNamespace(name="test", request=None, time_limit=limit)
    signals.task_prerun.send(sender=None, task_id=task_id, task=task)

def beat(moment):
    signals.heartbeat_sent.send(sender=None)
    print(moment, flush=True)

begin("ended", limit=-1)
signals.task_postrun.send(sender=None, task_id="ended")
begin("quick", limit=600)
beat("within its limit")
begin("hanging", limit=-1)
beat("beyond its limit")
"""


def test_it_ends_a_worker_with_a_task_that_hangs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "artgen.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "within its limit\n"), done.stderr
    assert "a task exceeded its time limit" in done.stderr


CHILD = """
from types import SimpleNamespace

import django
from celery import signals

django.setup()
from artgen.processes import worker_signals

worker_signals.start_slots()
task = SimpleNamespace(name="test", request=None, time_limit=1)
signals.task_prerun.send(sender=None, task_id="ended", task=task)
signals.task_postrun.send(sender=None, task_id="ended", task=task)
signals.task_prerun.send(sender=None, task_id="hanging", task=task)
signals.task_prerun.send(sender=None, task_id="of another slot", task=task)
signals.task_postrun.send(sender=None, task_id="of another slot", task=task)
while True: pass
"""


def test_the_kernel_ends_a_child_with_a_task_that_hangs() -> None:
    command = [sys.executable, "-c", CHILD]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "artgen.settings"}
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=False, timeout=60)
    assert done.returncode == -signal.SIGALRM
