"""The blocking design: a Celery task submits a job, polls until it is done, stores the image."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import boto3
import psycopg
import requests
from celery import Celery
from django.conf import settings
from PIL import Image

POLL_SECONDS = 1.0
app = Celery("blocking", broker=os.environ.get("REDIS_URL"))
app.conf.update(
    task_ignore_result=True, worker_prefetch_multiplier=1, task_default_queue="blocking"
)


@contextlib.contextmanager
def workers(environment: Mapping[str, str], *, count: int) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "--app", "deploy.bench.blocking", "worker"]
    command += ["--pool=prefork", f"--concurrency={count}", "--loglevel=ERROR"]
    worker = subprocess.Popen(
        [*command, "--without-gossip", "--without-mingle"],
        cwd=settings.BASE_DIR,
        env=environment,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@app.task(name="draw")
def draw(prompt: str) -> None:
    session = _session()
    endpoint = f"{os.environ['RUNPOD_BASE_URL']}/{os.environ['BENCH_ENDPOINT']}"
    wanted = {"prompt": prompt, "width": 256, "height": 256, "num_inference_steps": 1, "seed": 1}
    job = session.post(f"{endpoint}/run", json={"input": wanted}, timeout=30).json()
    report: dict[str, Any] = {}
    while report.get("status") not in ("COMPLETED", "FAILED"):
        time.sleep(POLL_SECONDS)
        report = session.get(f"{endpoint}/status/{job['id']}", timeout=30).json()
    (address,) = re.findall(r"http://[^\"]+/files/[^\"]+", json.dumps(report["output"]))
    data = session.get(address, timeout=60).content
    thumbnail = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.convert("RGB").resize((128, 128)).save(thumbnail, "WEBP")
    for name, body_ in (("image", data), ("thumbnail", thumbnail.getvalue())):
        key = f"blocking/{job['id']}/{name}"
        _bucket().put_object(Bucket=os.environ["S3_BUCKET"], Key=key, Body=body_)
    _database().execute("INSERT INTO bench_blocking (job) VALUES (%s)", (job["id"],))


@lru_cache
def _session() -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {os.environ['RUNPOD_API_KEY']}"
    return session


@lru_cache
def _database() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


@lru_cache
def _bucket() -> Any:
    return bucket(os.environ)


def bucket(environment: Mapping[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=environment["S3_ENDPOINT_URL"],
        region_name=environment["S3_REGION"],
        aws_access_key_id=environment["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["S3_SECRET_ACCESS_KEY"],
    )
