"""The `output` of each dialect, and error messages of workers."""

import base64
import json
from typing import Any

from .output_formats import FURTHER_SHAPES, OutputFormat

MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x10mdat" + bytes(32)
INLINE = frozenset({"comfyui", "a1111", "sdxl", "sdxl_turbo"})
"""Dialects with images inside the output."""


def shape_inline(dialect: str, data: bytes, *, seed: int, body: dict[str, Any]) -> dict[str, Any]:
    text = base64.b64encode(data).decode()
    if dialect == "comfyui":
        return {"images": [{"filename": "ComfyUI_00001_.png", "type": "base64", "data": text}]}
    if dialect == "a1111":
        info = {"prompt": body.get("prompt", ""), "seed": seed, "all_seeds": [seed]}
        return {"images": [text], "parameters": body, "info": json.dumps(info)}
    if dialect == "sdxl":
        uri = f"data:image/png;base64,{text}"
        return {"image_url": uri, "images": [uri], "seed": seed}
    return {"images": [{"image": text, "seed": seed}], "generation_time": 0.4}


def shape_further(shape: str, data: bytes, url: str) -> dict[str, Any]:
    text, mp4 = base64.b64encode(data).decode(), base64.b64encode(MP4).decode()
    outputs: dict[str, dict[str, Any]] = {
        "b64_json": {"data": [{"b64_json": text, "url": None}]},
        "data_b64": {"data_b64": text, "content_type": "image/png", "size_bytes": len(data)},
        "image_base64": {"image_base64": text},
        "outputs": {"outputs": [url]},
        "artifacts": {"artifacts": [{"payload": text}]},
        "video": {"video": mp4},
        "mp4_in_images": {"images": [mp4]},
    }
    return outputs[shape]


def shape_public(output_format: OutputFormat, data: bytes, url: str) -> Any:
    if output_format.shape in FURTHER_SHAPES:
        return {"cost": output_format.cost, **shape_further(output_format.shape, data, url)}
    if output_format.shape == "image_url":
        return {"image_url": url, "cost": output_format.cost}
    output = {"cost": output_format.cost, "result": url}
    return [output] if output_format.shape == "list" else output


def shape_empty(dialect: str, output_format: OutputFormat) -> Any:
    if dialect == "comfyui":
        return {"images": [], "status": "success_no_images"}
    if dialect in INLINE:
        return {"images": []}
    return shape_public(output_format, b"", "")


FAILED = {"status": "failed"}
ERROR_IN_OUTPUT = {"status": "error", "message": "Internal error while generating the image"}
REFUSED = (
    "Your request was rejected by the safety checker: the prompt may contain sensitive content "
    "(NSFW)."
)
OUT_OF_MEMORY = (
    "CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has 23.64 GiB of which 1.12 GiB is free."
)


def traceback_text(worker: str) -> str:
    """Return the error of an exception in a worker's handler.

    A JSON string with traceback and host name, as sent by RunPod's SDK.
    """
    trace = (
        "Traceback (most recent call last):\n"
        '  File "/app/rp_handler.py", line 87, in handler\n'
        "    images = pipeline(**arguments)\n"
        "RuntimeError: expected scalar type Half but found Float\n"
    )
    return json.dumps(
        {
            "error_type": "<class 'RuntimeError'>",
            "error_message": "expected scalar type Half but found Float",
            "error_traceback": trace,
            "hostname": f"{worker}-64410f3c",
            "worker_id": worker,
            "runpod_version": "1.12.0",
        }
    )
