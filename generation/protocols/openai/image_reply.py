"""The images of ended jobs, as OpenAI sends them."""

import base64
from collections.abc import Sequence
from typing import Any

from generation.files import storage
from generation.models import Image, Job
from generation.protocols.ended_jobs import data_of, images_of
from generation.protocols.openai.image_form import ReplyForm


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


def event_of(name: str, image: dict[str, str], whole: dict[str, Any]) -> dict[str, Any]:
    """Return the event of one image of a stream."""
    about = {name: value for name, value in whole.items() if name not in ("created", "data")}
    return {"type": name, **image, **about, "created_at": whole["created"]}
