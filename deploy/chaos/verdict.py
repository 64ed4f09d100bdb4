"""Judge the evidence: each finding is something that ArtGen promises never to do."""

import io
import itertools
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from deploy.chaos.evidence import Evidence, Row, sha256
from deploy.chaos.plan import marker
from generation.demo.emulator.painters import tiny_jpeg, tiny_png
from generation.files.bucket_setup import PROBES

FINAL = ("succeeded", "failed", "canceled")


def judge(evidence: Evidence) -> dict[str, list[str]]:
    """Return the findings of each kind, which are none if ArtGen keeps its promises."""
    return {name: sorted(set(find(evidence))) for name, find in FINDINGS.items()}


def _unanswered(evidence: Evidence) -> Iterator[str]:
    """Orders that were refused, or never answered although they were repeated."""
    for order in evidence.orders:
        if not order.ids and not order.program:
            yield f"order {order.number}: {order.refused or 'no answer'}"


def _lost(evidence: Evidence) -> Iterator[str]:
    """Confirmed jobs without a row, and confirmed cancellations that had no effect."""
    known = {str(job_id) for job_id in evidence.jobs}
    for order in evidence.orders:
        confirmed = {*itertools.chain(*order.ids), *order.retried}
        yield from (f"job {job_id} was confirmed and has no row" for job_id in confirmed - known)
        for job_id in order.canceled:
            job = _job(evidence, job_id)
            if job and job["status"] != "canceled":
                yield f"job {job_id} was canceled and is {job['status']}"


def _unfinished(evidence: Evidence) -> Iterator[str]:
    """Jobs without exactly one final state."""
    endings: Counter[Any] = Counter(
        event["job_id"] for event in evidence.events if event["name"] in FINAL
    )
    for job in evidence.jobs.values():
        if job["status"] not in FINAL:
            yield f"job {job['id']} is {job['status']}: {job['error_detail']}"
        elif endings[job["id"]] != 1:
            yield f"job {job['id']} has {endings[job['id']]} final states"
        if job["stop_pending"]:
            yield f"job {job['id']} has not been stopped at RunPod"


def _files(evidence: Evidence) -> Iterator[str]:
    """Images of succeeded jobs whose files are missing or are not those recorded."""
    images = defaultdict(list)
    for image in evidence.images:
        images[image["job_id"]].append(image)
    for job in evidence.jobs.values():
        expected = 1 if job["status"] == "succeeded" else 0
        if len(images[job["id"]]) != expected:
            yield f"job {job['id']} ({job['status']}) has {len(images[job['id']])} images"
    for image in evidence.images:
        for key in _keys(image):
            if not evidence.files.get(key):
                yield f"{key} is missing"
        data = evidence.files.get(image["key"])
        if data and (sha256(data), len(data)) != (image["sha256"], image["bytes"]):
            yield f"{image['key']} has another sha256 than its row"


def _orphans(evidence: Evidence) -> Iterator[str]:
    """Files of the bucket without a row.

    The next start removes the file of a check of the bucket that was interrupted.
    """
    known = {key for image in evidence.images for key in _keys(image)}
    known |= {upload["key"] for upload in evidence.uploads.values()}
    for key in evidence.files:
        if key not in known and not key.startswith(PROBES):
            yield f"{key} has no row"


def _doubled(evidence: Evidence) -> Iterator[str]:
    """Orders placed twice, attempts accepted twice, holds ended twice."""
    for order in evidence.orders:
        if len({tuple(ids) for ids in order.ids}) > 1:
            yield f"order {order.number} was answered with different jobs"
    placed = Counter(job["prompt"] for job in evidence.jobs.values())
    for order in evidence.orders:
        again = len(order.retried) + order.retries_without_answer
        for job in order.jobs:
            if placed[job["prompt"]] > order.jobs.count(job) + again:
                yield f"{job['prompt']!r} was placed {placed[job['prompt']]} times"
    for prompt, count in Counter(call["prompt"] for call in evidence.made).items():
        if count > placed[prompt]:
            yield f"{prompt!r}: the image server made {count} images of {placed[prompt]} jobs"
    attempts = Counter((attempt["job"], attempt["attempt"]) for attempt in evidence.accepted)
    for (job_id, attempt), count in attempts.items():
        if count > 1:
            yield f"job {job_id}, attempt {attempt}: RunPod accepted it {count} times"
    ends = Counter(
        entry["reference"] for entry in evidence.entries if entry["kind"] in ("settle", "release")
    )
    yield from (f"the hold of job {job} ended {n} times" for job, n in ends.items() if n > 1)


def _at_the_same_time(evidence: Evidence) -> Iterator[str]:
    """Attempts that an endpoint still ran when the job's next one was accepted, at any."""
    attempts = defaultdict(list)
    for attempt in (*evidence.accepted, *_calls_of_jobs(evidence)):
        attempts[attempt["job"]].append(attempt)
    for job_id, of_job in attempts.items():
        of_job.sort(key=lambda attempt: float(attempt["accepted_at"]))
        for before, after in itertools.pairwise(of_job):
            still = before["gone_at"] is None or before["gone_at"] > after["accepted_at"]
            if still and before["fault"] != "late_progress":
                yield f"job {job_id}: attempts {before['attempt']} and {after['attempt']}"


def _calls_of_jobs(evidence: Evidence) -> Iterator[Row]:
    """Yield the calls of the image server with their jobs, as far as a prompt has a single one."""
    jobs = defaultdict(list)
    for job in evidence.jobs.values():
        jobs[job["prompt"]].append(job["id"])
    for call in evidence.made:
        if len(of_prompt := jobs[call["prompt"]]) == 1:
            yield call | {"job": of_prompt[0], "attempt": "a call"}


def _misdelivered(evidence: Evidence) -> Iterator[str]:
    """Images and events that belong to another user or another prompt."""
    users = {user["id"]: number for number, user in enumerate(evidence.users)}
    records = {attempt["id"]: attempt for attempt in evidence.accepted}
    made = {call["prompt"] for call in evidence.made}
    yield from evidence.heard.foreign
    for job in evidence.jobs.values():
        if not job["prompt"].startswith(marker(users[job["user_id"]])):
            yield f"job {job['id']} has the prompt of another user"
        record = records.get(job["runpod_id"]) if job["runpod_id"] else None
        if record and (record["job"], record["prompt"]) != (job["id"], job["prompt"]):
            yield f"job {job['id']} has the RunPod job of {record['job']}"
        is_made = job["runpod_id"].startswith("call-") and job["prompt"] in made
        if job["status"] == "succeeded" and not (record or is_made):
            yield f"job {job['id']} has a RunPod job that was never accepted"
    for image in evidence.images:
        job = evidence.jobs[image["job_id"]]
        if image["user_id"] != job["user_id"]:
            yield f"image {image['id']} belongs to another user than its job"
        if any(str(image["job_id"]) not in key for key in _keys(image)):
            yield f"image {image['id']} is stored as that of another job"
        data = evidence.files.get(image["key"])
        sources = [evidence.uploads[upload]["key"] for upload in job["source_images"]]
        if data and not _shows(data, job, [evidence.files.get(key, b"") for key in sources]):
            yield f"image {image['id']} does not show {job['prompt']!r}"
    for user, gallery in zip(evidence.users, evidence.galleries, strict=True):
        own = {
            str(image["id"]): image for image in evidence.images if image["user_id"] == user["id"]
        }
        if {image["id"] for image in gallery} != set(own):
            yield f"{user['email']} is shown {len(gallery)} images and has {len(own)}"
        for image in gallery:
            if image["id"] in own and sha256(image["file"]) != own[image["id"]]["sha256"]:
                yield f"{user['email']} is sent another file for image {image['id']}"


def _ledger(evidence: Evidence) -> Iterator[str]:
    """Sums that are not the balance, and holds that are open, wrong or ended in the wrong way."""
    sums: Counter[Any] = Counter()
    by_reference = defaultdict(list)
    for entry in evidence.entries:
        sums[entry["user_id"]] += entry["amount"]
        if entry["reference"]:
            by_reference[entry["reference"]].append(entry)
    for user in evidence.users:
        if sums[user["id"]] != user["credits"]:
            yield f"{user['email']} has {user['credits']}, the ledger says {sums[user['id']]}"
        if user["held"]:
            yield f"{user['email']} has {user['held']} held"
    for job in evidence.jobs.values():
        kinds = sorted((entry["kind"], entry["amount"]) for entry in by_reference[job["id"]])
        price = job["credits"]
        end = ("settle", 0) if job["status"] == "succeeded" else ("release", price)
        if kinds != sorted([("hold", -price), end]):
            yield f"job {job['id']} ({job['status']}, {price}) has the entries {kinds}"
    yield from (
        f"entry for {reference}, which is not a job"
        for reference in by_reference
        if reference not in evidence.jobs
    )


def _programs(evidence: Evidence) -> Iterator[str]:
    """Orders of other programs that are not all of their jobs, or whose images were not sent."""
    jobs, files = defaultdict(list), defaultdict(set)
    for image in evidence.images:
        files[image["job_id"]].add(image["sha256"])
    for job in evidence.jobs.values():
        jobs[job["prompt"]].append(job["id"])
    for order in evidence.orders:
        if not order.program:
            continue
        own = jobs[order.jobs[0]["prompt"]]
        made = set().union(*(files[job_id] for job_id in own))
        if len(own) != len(order.jobs):
            yield f"order {order.number} by {order.program} is {len(own)} jobs"
        if any(sent != made for sent in order.files):
            yield f"order {order.number} by {order.program} was sent other images than its own"
        if not order.files and (made or not order.refused):
            yield f"order {order.number} by {order.program}: {order.refused or 'no answer'}"


def _webhooks(evidence: Evidence) -> Iterator[str]:
    """Ends of jobs and batches that were not sent as exactly one event, or to somebody else.

    The event of a batch counts its jobs as they have ended: it is written after theirs.
    """
    known = {f"msg_{message['id'].hex}": message for message in evidence.messages}
    received = {row["id"] for row in evidence.received}
    events: Counter[tuple[Any, ...]] = Counter()
    for id, message in known.items():
        event = json.loads(message["body"])
        data = event["data"]
        jobs = tuple(sorted(data["jobs"].items())) if "jobs" in data else ()
        events[message["user_id"], event["type"], data["id"], jobs] += 1
        if id not in received:
            yield f"{event['type']} of {data['id']} was not received"
    happened = Counter(_ends(evidence))
    for event in events.keys() | happened.keys():
        if events[event] != happened[event]:
            yield f"{event[1:]} happened {happened[event]} times and is {events[event]} events"
    for row in evidence.received:
        sent = (evidence.users[row["user"]]["id"], row["body"])
        message = known.get(row["id"], {"user_id": None, "body": ""})
        if not row["is_valid"] or sent != (message["user_id"], message["body"]):
            yield f"user {row['user']} was sent {row['id']}"


def _ends(evidence: Evidence) -> Iterator[tuple[Any, ...]]:
    """Yield the ends that are events: user, type, id, and the jobs of a batch by status."""
    batches: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for job in evidence.jobs.values():
        if job["status"] in FINAL:
            yield job["user_id"], f"job.{job['status']}", str(job["id"]), ()
        if job["batch"]:
            batches[job["user_id"], "batch.ended", str(job["batch"])].append(job["status"])
    for batch, statuses in batches.items():
        yield *batch, tuple((status, statuses.count(status)) for status in sorted(FINAL))


FINDINGS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "unanswered": _unanswered,
    "lost": _lost,
    "unfinished": _unfinished,
    "doubled": _doubled,
    "at two endpoints at once": _at_the_same_time,
    "misdelivered": _misdelivered,
    "wrong or missing files": _files,
    "orphan files": _orphans,
    "wrong balances or holds": _ledger,
    "orders of other programs": _programs,
    "webhooks": _webhooks,
}


def _keys(image: Row) -> list[str]:
    return [key for key in (image["key"], image["thumbnail_key"], image["large_key"]) if key]


def _job(evidence: Evidence, job_id: str) -> Row | None:
    return next((job for key, job in evidence.jobs.items() if str(key) == job_id), None)


def _shows(data: bytes, job: Row, sources: list[bytes]) -> bool:
    """Return whether the file has the pixels that the emulator's painter paints for this job."""
    text = f"{job['prompt']}\0{job['negative_prompt']}\0{job['seed']}"
    number = zlib.crc32(text.encode())
    for source in sources:
        number = zlib.crc32(source, number)
    try:
        with Pillow.open(io.BytesIO(data)) as image:
            paint = tiny_jpeg if image.format == "JPEG" else tiny_png
            expected = _pixels(paint(job["width"], job["height"], number))
            return bool(image.convert("RGB").tobytes() == expected)
    except (UnidentifiedImageError, OSError):
        return False


@lru_cache(maxsize=1)
def _pixels(data: bytes) -> bytes:
    with Pillow.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()
