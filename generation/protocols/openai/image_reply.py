"""The images of jobs, and those that are being made, as OpenAI sends them.

https://platform.openai.com/docs/api-reference/images-streaming
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from generation.files import storage
from generation.models import Image, Job
from generation.protocols.ended_jobs import data_of, images_of
from generation.protocols.openai.image_form import ReplyForm

NO_TOKENS = {
    "input_tokens": 0,
    "output_tokens": 0,
    "total_tokens": 0,
    "input_tokens_details": {"text_tokens": 0, "image_tokens": 0},
}
"""Images are paid by credits; types of OpenAI's packages want the numbers."""


def images_json(jobs: Sequence[Job], *, form: ReplyForm) -> dict[str, Any]:
    """Return all images of the jobs; raises what `images_of` and `data_of` raise."""
    images = images_of(jobs)
    first = images[0]
    format = "" if form.as_url else form.format.name
    return {
        "created": int(jobs[0].created_at.timestamp()),
        "data": [_sent(image, form=form) for image in images],
        "background": "opaque",
        "output_format": format or first.content_type.rpartition("/")[2],
        "size": f"{first.width}x{first.height}",
    }


def _sent(image: Image, *, form: ReplyForm) -> dict[str, str]:
    if form.as_url:
        return {"url": storage.absolute_url(image.key)}
    return {"b64_json": base64.b64encode(data_of(image, form.format)).decode()}


def completed(kind: str, images: Mapping[str, Any]) -> str:
    """Return the events of the finished images, and the end of a stream."""
    about = {name: images[name] for name in ("background", "output_format", "size")}
    about |= {"created_at": images["created"], "usage": NO_TOKENS}
    events = [_event(f"{kind}.completed", image | about) for image in images["data"]]
    return "".join([*events, "data: [DONE]\n\n"])


def partial_image(kind: str, data_b64: str, *, index: int, job: Job) -> str:
    """Return the event of how a job's image looks so far."""
    fields = {
        "b64_json": data_b64,
        "partial_image_index": index,
        "background": "opaque",
        "output_format": "jpeg",
        "size": f"{job.width}x{job.height}",
        "created_at": int(job.created_at.timestamp()),
    }
    return _event(f"{kind}.partial_image", fields)


def _event(name: str, fields: Mapping[str, Any]) -> str:
    data = orjson.dumps({"type": name, "quality": "auto", **fields})
    return f"event: {name}\ndata: {data.decode()}\n\n"
