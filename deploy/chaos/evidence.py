"""What is left after a run: rows, files, the emulator's record, and what users have seen.

Rows are read with plain SQL and files with boto3, so that no code of ArtGen judges itself.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import boto3

from deploy.chaos.people import Heard, People
from deploy.chaos.plan import UserOrder
from deploy.chaos.site import ChaosSite

Row = dict[str, Any]


@dataclass
class Evidence:
    orders: Sequence[UserOrder]
    heard: Heard
    galleries: list[list[Row]]  # by number of the user
    users: list[Row]  # in the order of their numbers
    jobs: dict[UUID, Row]
    events: list[Row]
    images: list[Row]
    entries: list[Row]
    files: dict[str, bytes]  # by key
    accepted: list[Row]  # by the emulator: `Accepted`, with `job` and `attempt` of the webhook
    made: list[Row]  # the same by the image server, which is told of no job
    faults: dict[str, dict[str, int]]  # that have happened at the emulator
    messages: list[Row]  # to webhooks of users, with `user_id`
    received: list[Row]  # by webhooks: `user`, its number, `id`, `body` and `is_valid`
    uploads: dict[str, Row]  # by id


def gather(site: ChaosSite, *, orders: Sequence[UserOrder], heard: Heard) -> Evidence:
    """Read everything; the site must be idle."""
    emails = [account["email"] for account in site.accounts]
    users = {row["email"]: row for row in site.rows("SELECT * FROM accounts_user")}
    record = site.ask_emulator("GET", "record")
    return Evidence(
        orders=orders,
        heard=heard,
        galleries=asyncio.run(_galleries(site)),
        users=[users[email] for email in emails],
        jobs={row["id"]: row for row in site.rows("SELECT * FROM generation_job")},
        events=site.rows("SELECT * FROM generation_jobevent ORDER BY id"),
        images=site.rows("SELECT * FROM generation_image"),
        entries=site.rows("SELECT * FROM accounts_creditentry"),
        files=files_of(site),
        accepted=[job | attempt_of(job["webhook"]) for job in record["jobs"] if job["webhook"]],
        made=[job for job in record["jobs"] if not job["webhook"]],
        faults=record["faults"],
        messages=site.rows(
            "SELECT message.*, address.user_id FROM accounts_webhookmessage AS message "
            "JOIN accounts_webhookaddress AS address ON address.id = message.address_id"
        ),
        received=[
            {
                "user": int(request.path.strip("/")),
                "id": request.headers["webhook-id"],
                "body": request.body,
                "is_valid": request.is_signed_by(site.secrets[int(request.path.strip("/"))]),
            }
            for request in site.receiver.requests
        ],
        uploads={str(row["id"]): row for row in site.rows("SELECT * FROM generation_upload")},
    )


async def _galleries(site: ChaosSite) -> list[list[Row]]:
    async with People(site.first.url, site.accounts) as people:
        return await people.galleries()


def files_of(site: ChaosSite) -> dict[str, bytes]:
    bucket = bucket_of(site)
    return {file.key: file.get()["Body"].read() for file in bucket.objects.all()}


def bucket_of(site: ChaosSite) -> Any:
    """Return the bucket, not through the proxy."""
    server = urlsplit(site.servers["S3"].url)
    resource = boto3.resource(
        "s3",
        endpoint_url=f"http://{server.hostname}:{server.port}",
        region_name="us-east-1",
        aws_access_key_id=server.username,
        aws_secret_access_key=server.password,
    )
    return resource.Bucket(site.first.environment["S3_BUCKET"])


def attempt_of(webhook: str) -> Row:
    """Return `job` and `attempt` from the address of a webhook, whose token is signed JSON."""
    payload = urlsplit(webhook).path.rstrip("/").rpartition("/")[2].partition(":")[0]
    job, attempt = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return {"job": UUID(job), "attempt": attempt}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
