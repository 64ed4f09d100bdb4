"""The least that one job and one image can cost: plain calls in one process."""

import io
import json
import time
from typing import Any

import boto3
import requests
from PIL import Image

from deploy.bench.floors.wsgi import PLACE, TABLES
from deploy.bench.site import BenchSite


def bucket_of(environment: dict[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=environment["S3_ENDPOINT_URL"],
        region_name=environment["S3_REGION"],
        aws_access_key_id=environment["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["S3_SECRET_ACCESS_KEY"],
    )


def decode_and_put(data: bytes, *, bucket: Any, name: str, times: int) -> float:
    """Return the CPU seconds of decoding an image and putting its file into the bucket once."""
    began = time.process_time()
    for number in range(times):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
        bucket.put_object(
            Bucket=name, Key=f"bench/{number}.png", Body=data, ContentType="image/png"
        )
    return (time.process_time() - began) / times


def small_image_work(data: bytes, *, bucket: Any, name: str, times: int) -> float:
    """Return the CPU seconds of decoding an image, encoding a thumbnail and storing both."""
    began = time.process_time()
    for number in range(times):
        thumbnail = io.BytesIO()
        with Image.open(io.BytesIO(data)) as image:
            image.convert("RGB").save(thumbnail, "WEBP", quality=82, method=2)
        for kind, body in (("image", data), ("thumbnail", thumbnail.getvalue())):
            bucket.put_object(Bucket=name, Key=f"bench/{kind}/{number}", Body=body)
    return (time.process_time() - began) / times


def whole_job(site: BenchSite, *, endpoint: str, digest: str, times: int) -> float:
    """Return the CPU seconds in this process of one job by hand, without its image.

    One statement places it; POST /run; one UPDATE; GET /status; two UPDATEs; four events to Redis.
    The CPU of PostgreSQL is not included.
    """
    site.database.execute(TABLES)
    session = requests.Session()
    session.headers["Authorization"] = "Bearer test"
    values = {"digest": digest, "body": "a lighthouse"}
    began = time.process_time()
    for number in range(times):
        row = site.database.execute(PLACE, values).fetchone()
        job = json.loads(row[0]) if row else {}
        body = {
            "input": {"prompt": f"by hand {number}", "width": 256, "height": 256, "seed": number}
        }
        sent = session.post(
            f"{site.emulator.base_url}/{endpoint}/run", json=body, timeout=30
        ).json()
        for status in ("submitted", "storing", "succeeded"):
            if status == "storing":
                session.get(
                    f"{site.emulator.base_url}/{endpoint}/status/{sent['id']}", timeout=30
                ).json()
            site.database.execute(
                "UPDATE bench_job SET status = %s WHERE id = %s", (status, job["id"])
            )
            site.redis.publish("bench", json.dumps(job))
        site.redis.publish("bench", json.dumps(job))
    return (time.process_time() - began) / times
