"""Examples in the OpenAPI document; a test holds them against it."""

from typing import Any

from generation.jobs.serializers import ImageJson

HOST = "https://artgen.example.org"
JOB_ID = "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a"
ORDER = {"model": "flux-dev", "prompt": "Tea hills in morning mist", "width": 1024, "height": 768}
BATCHES = {
    "Four of one": ORDER | {"count": 4},
    "Different ones": {"jobs": [ORDER, ORDER | {"prompt": "A canyon of layered colored paper"}]},
}
SHEET_ORDER = {
    "prompt": "A {red|blue} kite over the sea",
    "models": ["flux-schnell", "flux-dev"],
    "aspect_ratio": "3:2",
}
IMAGE: ImageJson = {
    "id": "019ab2f1-0a4b-7c11-9e2d-7a6b5c4d3e2f",
    "job": JOB_ID,
    "saved_from": None,
    "url": f"{HOST}/media/images/{JOB_ID}-0.png?expires=1764000000&signature=…",
    "thumbnail_url": f"{HOST}/media/thumbnails/{JOB_ID}-0.webp?expires=1764000000&signature=…",
    "placeholder": "2PcRDYJ4d3eIeIeAh3iIeHiHBw==",
    "width": 1024,
    "height": 768,
    "bytes": 1254301,
    "content_type": "image/png",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "seed": 771204,
    "favorite": False,
    "note": "",
    "tags": [],
    "trashed_at": None,
    "visibility": "private",
    "created_at": "2025-11-24T16:05:21.402Z",
}
JOB: dict[str, Any] = {
    "id": JOB_ID,
    "status": "succeeded",
    "progress": 1,
    "step": None,
    "step_count": None,
    "queue_position": None,
    "parked_until": None,
    "eta_seconds": None,
    "phase": "Image ready",
    "phase_detail": "",
    **ORDER,
    "original_prompt": "",
    "negative_prompt": "",
    "steps": 28,
    "guidance": 7.5,
    "seed": 771204,
    "style": None,
    "source_images": [],
    "strength": None,
    "lora_url": None,
    "lora_scale": None,
    "scale": None,
    "mask": None,
    "erase": False,
    "outpaint": None,
    "batch": None,
    "credits": 2,
    "attempt": 1,
    "version": 6,
    "created_at": "2025-11-24T16:04:40.117Z",
    "started_at": "2025-11-24T16:04:58.930Z",
    "finished_at": "2025-11-24T16:05:21.402Z",
    "error": None,
    "images": [IMAGE],
}
