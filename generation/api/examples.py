"""Examples in the OpenAPI description. A test holds them against the shapes."""

from typing import Any

from artgen.api.openapi import EXAMPLE_HOST

JOB_ID = "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a"
IMAGE_ID = "019ab2f1-0a4b-7c11-9e2d-7a6b5c4d3e2f"
UPLOAD_ID = "019ab2ef-77aa-7b01-8d3e-90ab12cd34ef"

ORDER = {"model": "flux-dev", "prompt": "Tea hills in morning mist", "width": 1024, "height": 768}

IMAGE: dict[str, Any] = {
    "id": IMAGE_ID,
    "job": JOB_ID,
    "saved_from": None,
    "url": f"{EXAMPLE_HOST}/media/images/{JOB_ID}-0.png?expires=1764000000&signature=…",
    "thumbnail_url": f"{EXAMPLE_HOST}/media/thumbnails/{JOB_ID}-0.webp"
    "?expires=1764000000&signature=…",
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

QUEUED = {
    "id": JOB_ID,
    "status": "queued",
    "progress": None,
    "step": None,
    "step_count": None,
    "queue_position": 3,
    "parked_until": None,
    "eta_seconds": {"p50": 40, "p90": 64, "basis": "size"},
    "phase": "3 ahead of you",
    "phase_detail": "40 s–1 min",
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
    "version": 1,
    "created_at": "2025-11-24T16:04:40.117Z",
    "started_at": None,
    "finished_at": None,
    "error": None,
    "images": [],
}

SUCCEEDED = QUEUED | {
    "status": "succeeded",
    "queue_position": None,
    "eta_seconds": None,
    "phase": "Image ready",
    "phase_detail": "",
    "version": 6,
    "started_at": "2025-11-24T16:04:58.930Z",
    "finished_at": "2025-11-24T16:05:21.402Z",
    "images": [IMAGE],
}

CANCELED = QUEUED | {
    "status": "canceled",
    "queue_position": None,
    "eta_seconds": None,
    "phase": "Canceled by you",
    "phase_detail": "2 credits returned.",
    "version": 2,
    "finished_at": "2025-11-24T16:04:45.003Z",
}

MODEL = {
    "slug": "flux-dev",
    "name": "FLUX.1 dev",
    "description": "Light and texture, subtle scenes",
    "parameters": {
        "width": {"default": 1024, "min": 256, "max": 1536, "step": 64, "choices": None}
    },
    "min_source_images": 0,
    "max_source_images": 0,
    "languages": ["en"],
    "price": {"per_image": 0, "per_megapixel": 2.4, "minimum": 1},
    "enabled": True,
}

UPLOAD = {
    "id": UPLOAD_ID,
    "url": f"{EXAMPLE_HOST}/media/uploads/{UPLOAD_ID}.jpg?expires=…",
    "width": 1600,
    "height": 900,
}

COLLECTION = {
    "id": "019ab2f1-0d3e-7bb0-8f5a-90ab12cd34ef",
    "name": "Mountains",
    "count": 42,
    "count_is_more": False,
    "cover_url": IMAGE["thumbnail_url"],
    "created_at": "2025-11-24T16:10:02.115Z",
}
TAG = {"name": "print", "count": 12, "count_is_more": False}
TWO_IDS = [IMAGE["id"], "019ab2f1-7a10-7c4e-9d21-5566778899aa"]
REVIEW = {
    "id": "019ab2f0-6a00-7abc-9def-001122334455",
    "state": "refused",
    "prompt": "A toy gun on a table",
    "categories": ["violence"],
    "words": ["gun"],
    "count": 1,
    "can_appeal": True,
    "reason": "",
    "obstacle": "",
    "placed": None,
    "created_at": "2025-11-24T16:20:00.000Z",
    "appealed_at": None,
    "decided_at": None,
}
SHEET_ORDER = {
    "prompt": "A {red|blue} kite over the sea",
    "models": ["flux-schnell", "flux-dev"],
    "aspect_ratio": "3:2",
}
SHEET = {
    "id": "019ab2f0-7b1d-7001-b2c3-aa5577ee5678",
    "prompt": SHEET_ORDER["prompt"],
    "rows": [
        [{"parameter": "prompt", "value": "red"}],
        [{"parameter": "prompt", "value": "blue"}],
    ],
    "columns": [
        [{"parameter": "model", "value": "flux-schnell"}],
        [{"parameter": "model", "value": "flux-dev"}],
    ],
    "cells": [
        [JOB_ID, "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6b"],
        ["019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6c", "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6d"],
    ],
    "best": JOB_ID,
    "created_at": "2025-11-24T16:04:40.117Z",
}
SHEET_IMAGE = {
    "format": "jpeg",
    "state": "ready",
    "done": 4,
    "total": 4,
    "url": f"{EXAMPLE_HOST}/media/sheets/56/019ab2f0-7b1d-7001-b2c3-aa5577ee5656.jpg"
    "?expires=1764004780&signature=…&download=a-redblue-kite-comparison.jpg",
    "bytes": 210_344,
    "expires_at": "2025-12-01T16:05:02.000Z",
}
SHEET_IMAGE_WAITING = SHEET_IMAGE | {
    "state": "preparing",
    "done": 1,
    "url": None,
    "bytes": None,
    "expires_at": None,
}
WORD_LIST_ORDER = {"name": "colors", "entries": ["red", "blue", "green"]}
WORD_LIST = WORD_LIST_ORDER | {
    "id": "019ab2f0-8c00-7abc-9def-001122334466",
    "created_at": "2025-11-24T16:30:00.000Z",
}
PRESET_ORDER = {
    "name": "Evening light",
    "parameters": {
        "model": "flux-dev",
        "negative_prompt": "text",
        "width": 1344,
        "height": 768,
        "steps": 30,
        "style": "oil",
    },
    "count": 2,
}
PRESET = PRESET_ORDER | {
    "id": "019ab2f0-9a00-7abc-9def-001122334477",
    "created_at": "2025-11-24T16:40:00.000Z",
}
OWN_STYLE_ORDER = {
    "name": "Risograph",
    "template": "{prompt}, risograph print, two colors",
    "negative": "photo",
}
OWN_STYLE = OWN_STYLE_ORDER | {
    "id": "019ab2f0-9b00-7abc-9def-001122334488",
    "slug": "own-019ab2f09b007abc9def001122334488",
    "created_at": "2025-11-24T16:41:00.000Z",
}
