"""A job in WaveSpeed's terms: its prediction, and the signature of its webhook.

Source: https://wavespeed.ai/docs (get result, webhooks).
"""

import hashlib
import hmac
import time
from typing import Any

from .jobs import EmulatedJob

WEBHOOK_SECRET = "whsec_emulated-secret"  # noqa: S105 of the emulator
STATES = {
    "IN_QUEUE": "created",
    "IN_PROGRESS": "processing",
    "COMPLETED": "completed",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "TIMED_OUT": "timeout",
}


def prediction(job: EmulatedJob) -> dict[str, Any]:
    """Return the prediction; its output has the images, as addresses or in base64."""
    seconds = (job.finished or 0) - (job.started or 0)
    return {
        "id": job.id,
        "model": job.endpoint,
        "input": job.input,
        "outputs": _outputs(job.output) if job.state == "COMPLETED" else [],
        "status": STATES[job.state],
        "error": job.error,
        "timings": {"inference": round(seconds * 1000) if job.final else 0},
    }


def wrapped(data: object) -> dict[str, Any]:
    return {"code": 200, "message": "success", "data": data}


def signature(body: bytes, *, message_id: str) -> dict[str, str]:
    sent_at = str(int(time.time()))
    signed = b".".join((message_id.encode(), sent_at.encode(), body))
    key = WEBHOOK_SECRET.removeprefix("whsec_").encode()
    digest = hmac.new(key, signed, hashlib.sha256).hexdigest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": sent_at,
        "webhook-signature": f"v3,{digest}",
    }


def _outputs(output: object) -> list[object]:
    """Return the images of an output in RunPod's shape; others stay as they are."""
    found = output[0] if isinstance(output, list) and output else output
    if isinstance(found, dict):
        return [found.get("result") or found.get("image_url") or found]
    return [] if found is None else [found]
