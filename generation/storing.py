"""The lane that stores: fetch what RunPod drew, put it into the bucket, end the job.

Downloads take as long as a foreign host likes, so no host gets more than its share of the slots, and one that fails
gets growing pauses in which nobody waits for it.
"""

import logging
import threading
import time
from collections import Counter
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils import timezone

from artgen import pooling
from generation import dispatch, driver, keeping, lifecycle, outages, provider
from generation.models import Job, Status
from generation.runpod import payloads
from generation.runpod.download import DownloadFailed, DownloadRefused
from generation.runpod.payloads import OutputError, Result
from generation.runpod.picture import NotAPicture
from generation.runpod.verdicts import EndpointMissing, Gone, KeyRefused, RunPodError

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=180)  # longer than a download and its uploads
PAUSE = timedelta(seconds=10)  # after a failure; doubled with every one in a row of the same host
MAX_PAUSE = timedelta(minutes=2)
TURN_SECONDS = 20.0  # after which a slot takes a message again, so that a lane can end


class Hosts:
    """Which hosts this process downloads from just now, and which ones failed lately. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._until: dict[str, datetime] = {}

    def full(self) -> list[str]:
        """Return the hosts that have their share of the slots, or are paused."""
        share = max(1, settings.STORE_CONCURRENCY // 3)
        now = timezone.now()
        with self._lock:
            busy = [host for host, count in self._busy.items() if host and count >= share]
            return [*busy, *(host for host, until in self._until.items() if until > now and host not in busy)]

    def taken(self, host: str) -> None:
        """Note that a slot is used for the host."""
        with self._lock:
            self._busy[host] += 1

    def left(self, host: str) -> None:
        """Note that the slot is free again."""
        with self._lock:
            self._busy[host] -= 1
            if self._busy[host] <= 0:
                del self._busy[host]

    def failed(self, host: str) -> timedelta:
        """Pause the host, and return for how long."""
        with self._lock:
            pause: timedelta = min(PAUSE * 2 ** min(self._failures[host], 10), MAX_PAUSE)
            self._failures[host] += 1
            if host:
                self._until[host] = timezone.now() + pause
        return pause

    def forget(self) -> None:
        """Pause no host any more."""
        with self._lock:
            self._failures.clear()
            self._until.clear()

    def succeeded(self, host: str) -> None:
        """Forget the host's failures."""
        with self._lock:
            self._failures.pop(host, None)
            self._until.pop(host, None)


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
    return lifecycle.claim_storing(lease=LEASE, except_hosts=HOSTS.full())


def _store(job: Job) -> None:
    HOSTS.taken(job.result_host)
    try:
        pooling.give_back()  # back into the pool: the downloads may take a minute
        _copy(job)
    finally:
        HOSTS.left(job.result_host)


def _copy(job: Job) -> None:
    try:
        try:
            result = _result(job)
            images = [
                keeping.keep(
                    job,
                    position=position,
                    data=keeping.fetch(picture, any_public=keeping.is_public_endpoint(job)),
                    seed=keeping.seed_of(job, result, position),
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
            lifecycle.not_stored(job, until=timezone.now() + PAUSE, detail=f"{error} {error.detail}".strip())
        except (DownloadRefused, DownloadFailed) as error:
            _later(job, error, pause=HOSTS.failed(job.result_host))
        except (RunPodError, OSError, BotoCoreError, ClientError) as error:
            _later(job, error, pause=PAUSE)
        else:
            HOSTS.succeeded(job.result_host)
            lifecycle.succeeded(job, images=images, cost=result.cost)
    except lifecycle.Stale:
        log.info("job moved on while it was stored", extra={"job": str(job.id)})
    except Exception as error:  # noqa: BLE001 it must not lose the others
        driver.isolate(job, error, code="storage")


def _result(job: Job) -> Result:
    """Return what RunPod said when the job had ended; asked again where that was too large for the row."""
    if job.result is not None:
        return payloads.result_from(job.result)
    report = provider.client().status(job.snapshot["endpoint_id"], job.runpod_id)
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
