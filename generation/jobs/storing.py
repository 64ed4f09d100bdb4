"""The lane that stores: fetch what RunPod drew, put it into the bucket, end the job.

Downloads take as long as a foreign host likes, so no host gets more than its share of the slots, nobody more than half
of that, and a host that fails gets growing pauses in which nobody waits for it.
"""

import logging
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils import timezone

from artgen import pooling
from generation.files import processing, storage
from generation.jobs import clients, dispatch, driver, lifecycle, outages
from generation.models import Image, Job, Status
from generation.runpod import payloads
from generation.runpod.download import DownloadFailed, DownloadRefused, fetch_picture
from generation.runpod.payloads import OutputError, Result
from generation.runpod.picture import NotAPicture
from generation.runpod.verdicts import EndpointMissing, Gone, KeyRefused, RunPodError

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=180)  # longer than a download and its uploads
PAUSE = timedelta(seconds=10)  # after a failure; doubled with every one in a row of the same host
MAX_PAUSE = timedelta(minutes=2)
TURN_SECONDS = 20.0  # after which a slot takes a message again, so that a lane can end


class Hosts:
    """Which hosts this process downloads from just now, for whom, and which ones failed lately. Safe between threads.

    One person's images that hang must not keep everybody from a host that serves the others well. So a person has at
    most half of a host's slots, and a failure pauses the host for that person; for all only once a second person's
    download has failed as well, with none between that succeeded.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: Counter[tuple[str, UUID]] = Counter()
        self._failures: Counter[tuple[str, UUID]] = Counter()
        self._until: dict[tuple[str, UUID], datetime] = {}
        self._failing: dict[str, set[UUID]] = {}

    def full(self) -> list[str]:
        """Return the hosts that have their share of the slots, or are paused for everybody."""
        share, now = _host_share(), timezone.now()
        with self._lock:
            busy: Counter[str] = Counter()
            for (host, _), count in self._busy.items():
                busy[host] += count
            full = {host for host, count in busy.items() if host and count >= share}
            paused = {
                host
                for (host, _), until in self._until.items()
                if until > now and self._is_failing(host)
            }
        return sorted(full | paused)

    def full_for(self) -> list[tuple[str, UUID]]:
        """Return at which hosts somebody has to wait: their own share of the slots is taken, or they are paused."""
        share, now = max(1, _host_share() // 2), timezone.now()
        with self._lock:
            full = {each for each, count in self._busy.items() if each[0] and count >= share}
            paused = {each for each, until in self._until.items() if until > now}
        return sorted(full | paused)

    def taken(self, host: str, user_id: UUID) -> None:
        """Note that a slot is used for the host."""
        with self._lock:
            self._busy[host, user_id] += 1

    def left(self, host: str, user_id: UUID) -> None:
        """Note that the slot is free again."""
        with self._lock:
            self._busy[host, user_id] -= 1
            if self._busy[host, user_id] <= 0:
                del self._busy[host, user_id]

    def failed(self, host: str, user_id: UUID) -> timedelta:
        """Pause the host, and return for how long."""
        with self._lock:
            pause: timedelta = min(PAUSE * 2 ** min(self._failures[host, user_id], 10), MAX_PAUSE)
            self._failures[host, user_id] += 1
            if host:
                self._until[host, user_id] = timezone.now() + pause
                self._failing.setdefault(host, set()).add(user_id)
        return pause

    def forget(self) -> None:
        """Pause no host any more."""
        with self._lock:
            self._failures.clear()
            self._until.clear()
            self._failing.clear()

    def succeeded(self, host: str, user_id: UUID) -> None:
        """Forget this person's failures, and that the host fails for everybody."""
        with self._lock:
            self._failures.pop((host, user_id), None)
            self._until.pop((host, user_id), None)
            self._failing.pop(host, None)

    def _is_failing(self, host: str) -> bool:
        return len(self._failing.get(host, ())) > 1


def _host_share() -> int:
    share: int = max(1, settings.STORE_CONCURRENCY // 3)
    return share


HOSTS = Hosts()


def work() -> None:
    """Store one finished job, and then others while more are due; each message keeps one slot busy for that long."""
    ends = time.monotonic() + TURN_SECONDS
    spread = True
    while job := _claimed():
        others = Job.objects.filter(status=Status.STORING, due_at__lte=timezone.now()).exists()
        if others and spread:
            dispatch.store()  # so that another slot begins, too: a message says "look", and this one is used up
            spread = False
        _store(job)
        if not others:
            return
        if time.monotonic() > ends:
            dispatch.store()
            return


def store() -> Job | None:
    """Copy the images of one finished job into the bucket and return it; None when no job is due."""
    job = _claimed()
    if job is not None:
        _store(job)
    return job


def _claimed() -> Job | None:
    return lifecycle.claim_storing(
        lease=LEASE, except_hosts=HOSTS.full(), except_pairs=HOSTS.full_for()
    )


def _store(job: Job) -> None:
    HOSTS.taken(job.result_host, job.user_id)
    try:
        pooling.give_back()  # back into the pool: the downloads may take a minute
        _copy(job)
    finally:
        HOSTS.left(job.result_host, job.user_id)


def _copy(job: Job) -> None:
    try:
        try:
            result = _result(job)
            images = [
                keep(
                    job,
                    position=position,
                    data=fetch(picture, any_public=is_public_endpoint(job)),
                    seed=seed_of(job, result, position),
                )
                for position, picture in enumerate(result.pictures)
            ]
        except OutputError as error:
            driver.give_up(job, error, cost=None)
        except NotAPicture as error:
            lifecycle.lost(job, code="bad_picture", detail=repr(error))
        except Gone as error:
            driver.look_at_missing(job, error, timezone.now())
        except (KeyRefused, EndpointMissing) as error:
            outages.note(job.snapshot["endpoint_id"], error)
            lifecycle.not_stored(
                job, until=timezone.now() + PAUSE, detail=f"{error} {error.detail}".strip()
            )
        except (DownloadRefused, DownloadFailed) as error:
            _later(job, error, pause=HOSTS.failed(job.result_host, job.user_id))
        except (RunPodError, OSError, BotoCoreError, ClientError) as error:
            _later(job, error, pause=PAUSE)
        else:
            HOSTS.succeeded(job.result_host, job.user_id)
            lifecycle.succeeded(job, images=images, cost=result.cost)
    except lifecycle.Stale:
        log.info("job moved on while it was stored", extra={"job": str(job.id)})
    except Exception as error:  # noqa: BLE001 it must not lose the others
        driver.isolate(job, error, code="storage")


def _result(job: Job) -> Result:
    """Return what RunPod said when the job had ended; asked again where that was too large for the row."""
    if job.result is not None:
        return payloads.result_from(job.result)
    report = clients.client().status(job.snapshot["endpoint_id"], job.runpod_id)
    result = payloads.read(job.snapshot["dialect"], report)
    # What it costs has been noted when it ended.
    return Result(pictures=result.pictures, seed=result.seed)


def _later(job: Job, error: Exception, *, pause: timedelta) -> None:
    """Keep the job and say why; it fails at its deadline alone, for what it brought is paid."""
    now = timezone.now()
    log.warning("images not stored yet", extra={"job": str(job.id), "error": repr(error)})
    if job.deadline_at and job.deadline_at <= now:
        lifecycle.failed(job, code="storage", detail=repr(error))
    else:
        lifecycle.not_stored(job, until=now + pause, detail=f"{type(error).__name__}: {error}")


def fetch(picture: payloads.Picture, *, any_public: bool) -> bytes:
    """Return the bytes of one picture of a result; raises DownloadRefused or DownloadFailed."""
    if picture.data is not None:
        return picture.data
    return fetch_picture(
        picture.url or "", allowed_hosts=settings.RUNPOD_IMAGE_HOSTS, any_public=any_public
    )


def is_public_endpoint(job: Job) -> bool:
    """Tell whether RunPod runs the job's endpoint itself: its images may then be at any public address."""
    return payloads.is_public(job.snapshot["dialect"])


def seed_of(job: Job, result: Result, position: int) -> int:
    """Return the seed of one picture: what the worker says, else ours; several in one job count up from it."""
    if result.seed is not None and len(result.pictures) == 1:
        return result.seed
    return job.seed + position


def keep(job: Job, *, position: int, data: bytes, seed: int) -> Image:
    """Put one picture into the bucket and return its row, not yet inserted."""
    written = {**job.shareable_parameters, "model": job.snapshot["slug"], "seed": seed}
    del written["source_images"]
    picture = processing.prepare(data, parameters=written)
    key = storage.image_key(
        user_id=job.user_id, job_id=job.id, position=position, content_type=picture.content_type
    )
    thumbnail_key = storage.thumbnail_key(user_id=job.user_id, job_id=job.id, position=position)
    storage.save(key, picture.data, content_type=picture.content_type)
    storage.save(thumbnail_key, picture.thumbnail, content_type="image/webp")
    large_key = ""
    if picture.large:
        large_key = storage.large_key(user_id=job.user_id, job_id=job.id, position=position)
        storage.save(large_key, picture.large, content_type="image/webp")
    return Image(
        user_id=job.user_id,
        job=job,
        position=position,
        key=key,
        thumbnail_key=thumbnail_key,
        large_key=large_key,
        placeholder=picture.placeholder,
        width=picture.width,
        height=picture.height,
        bytes=len(picture.data),
        content_type=picture.content_type,
        sha256=picture.sha256,
        seed=seed,
        model_id=job.model_id,
        style=job.style,
        sourced=bool(job.source_images),
        created_at=timezone.now(),
    )
