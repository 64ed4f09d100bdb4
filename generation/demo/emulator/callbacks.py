"""RunPod's webhook: POSTed when a job ends, repeated twice after 10 s unless answered with 200.

It is not signed.

Source: https://docs.runpod.io/serverless/endpoints/send-requests#webhook-notifications
"""

import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

import aiohttp

from . import wavespeed_replies
from .clock import Clock
from .jobs import EmulatedJob

MAX_DELIVERIES = 50_000  # recorded
TRIES = 3
PAUSE = 10.0  # emulated seconds between tries
TIMEOUT = aiohttp.ClientTimeout(total=15)  # real seconds


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    url: str
    job_id: str
    status: int | None  # of the response; None: no response or no connection
    forged: bool = False


class Webhooks:
    def __init__(self, clock: Clock, *, late_seconds: float) -> None:
        self._clock, self._late_seconds = clock, late_seconds
        self._session: aiohttp.ClientSession | None = None
        self._lock = threading.Lock()
        self._deliveries: deque[WebhookDelivery] = deque(maxlen=MAX_DELIVERIES)

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        with self._lock:
            return list(self._deliveries)

    def deliver_end(self, job: EmulatedJob) -> None:
        """Deliver the webhook of a job that has just ended, subject to its fault."""
        if not job.webhook or job.webhook_fault == "lost":
            return
        body = _body(job)
        if job.webhook_fault == "late":
            self._clock.after(self._late_seconds, lambda: self.deliver(job.webhook, job.id, body))
            return
        for _ in range(2 if job.webhook_fault == "doubled" else 1):
            self._clock.start(lambda: self.deliver(job.webhook, job.id, body))

    async def deliver_early(self, job: EmulatedJob) -> None:
        """Deliver the webhook before /run is answered, and wait for the response."""
        await self.deliver(job.webhook, job.id, _body(job))

    def forge(self, job: EmulatedJob) -> None:
        """Send a webhook as a third party would: the job is done and has a foreign image."""
        body = _body(job) | {
            "status": "COMPLETED",
            "output": {"image_url": "http://169.254.169.254/evil.png"},
        }
        self._clock.start(lambda: self._post(job.webhook, job.id, body, forged=True))

    def name_another(self, job: EmulatedJob, other: str) -> None:
        """Send a webhook as a third party would: it names another job."""
        body = _body(job) | {"id": other, "status": "COMPLETED"}
        self._clock.start(lambda: self._post(job.webhook, other, body, forged=True))

    async def deliver(
        self, url: str, job_id: str, body: dict[str, Any], tries: int = TRIES
    ) -> None:
        """POST once, and schedule a retry unless the response is 200."""
        status = await self._post(url, job_id, body)
        if status != 200 and tries > 1:
            self._clock.after(PAUSE, lambda: self.deliver(url, job_id, body, tries - 1))

    async def _post(
        self, url: str, job_id: str, body: dict[str, Any], *, forged: bool = False
    ) -> int | None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            )
        status: int | None = None
        try:
            data = json.dumps(body).encode()
            headers = {"Content-Type": "application/json"}
            if "data" in body:  # WaveSpeed's
                headers |= wavespeed_replies.signature(data, message_id=job_id)
            async with self._session.post(
                url, data=data, headers=headers, allow_redirects=False
            ) as reply:
                status = reply.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            pass
        with self._lock:
            self._deliveries.append(WebhookDelivery(url, job_id, status, forged))
        return status

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _body(job: EmulatedJob) -> dict[str, Any]:
    if job.provider == "wavespeed":
        return wavespeed_replies.wrapped(wavespeed_replies.prediction(job))
    return job.report() | {"input": job.input, "webhook": job.webhook}
