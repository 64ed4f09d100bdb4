"""The pool of connections to RunPod and the bucket.

What the processes really have, against the table of settings.
"""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from generation.jobs import clients

SHOW = """
import django, json
django.setup()
from django.conf import settings
from generation.jobs import clients
from generation.jobs.engine.driver import status_checks
client = clients.runpod()._calls
adapter = client._session.get_adapter(settings.RUNPOD_BASE_URL)
pool = adapter.poolmanager.connection_from_url(settings.RUNPOD_BASE_URL)
print(json.dumps({
    "kept": pool.pool.maxsize, "retries": adapter.max_retries.total, "turns": client._slots._initial_value,
    "limits": [getattr(client.limits, name) for name in settings.HTTP_LIMITS],
    "bucket": settings.S3_OPTIONS["client_config"].max_pool_connections,
    "lease": status_checks.LEASE.total_seconds(), "longest": client.limits.longest_seconds,
}))
"""

TRY = """
import json, os, sys
import botocore.config, celery.schedules, csp.constants, django.conf, httpcore2, requests
for environment in json.load(sys.stdin):
    if os.fork():
        os.wait()
    else:
        os.environ.update(environment)
        try:
            from generation.jobs import clients
        except django.core.exceptions.ImproperlyConfigured as error:
            print(error, flush=True)
        os._exit(0)
"""


def effective(**environment: str) -> dict:
    return json.loads(run(SHOW, environment=environment))


def run(program: str, *, environment: dict[str, str], given: str = "") -> str:
    """Return what a Python program prints in an environment of its own."""
    base = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x",
        "DJANGO_SETTINGS_MODULE": "artgen.settings",
        "RUNPOD_API_KEY": "key",
    }
    return subprocess.run(
        [sys.executable, "-c", program],
        env=base | environment, cwd=settings.BASE_DIR, input=given, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


@pytest.mark.slow
def test_it_is_as_the_table_says():
    found = effective()
    # 50 kept, at most 100 at once, 5 s for a free one; connecting and reading apart; never a second
    # POST on its own.
    assert (found["kept"], found["turns"], found["limits"][2], found["retries"]) == (50, 100, 5, 0)
    assert found["limits"] == [50, 100, 5, 3.05, 15, 10, 4, 8]
    assert found["bucket"] == 50


@pytest.mark.slow
def test_it_is_what_the_environment_says():
    found = effective(
        HTTP_POOL_KEPT="7",
        HTTP_POOL_MAX="9",
        HTTP_POOL_WAIT_SECONDS="0.5",
        HTTP_CONNECT_SECONDS="1",
        HTTP_READ_SECONDS="60",
        HTTP_RUN_SECONDS="20",
        HTTP_SWEEP_SECONDS="3",
    )
    assert (found["kept"], found["turns"], found["bucket"]) == (7, 9, 7)
    assert found["limits"] == [7, 9, 0.5, 1, 60, 20, 4, 3]
    assert found["lease"] > found["longest"] > 60, (
        "nobody else looks at a job while a call about it is under way"
    )


@pytest.mark.slow
def test_it_refuses_values_that_do_not_fit_together():
    environments = [
        {"HTTP_POOL_KEPT": "101"},
        {"HTTP_POOL_KEPT": "0"},
        {"HTTP_READ_SECONDS": "0"},
        {"HTTP_RUN_SECONDS": "0"},
        {},  # fits
    ]
    said = run(TRY, environment={}, given=json.dumps(environments)).splitlines()
    assert len(said) == 4
    for line in said:
        assert line.startswith("The HTTP_… values of the environment do not fit together")


def test_a_forked_process_has_clients_of_its_own():
    of_parent = clients.runpod()
    pid = os.fork()
    if pid == 0:
        os._exit(clients.runpod() is not of_parent)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 1
