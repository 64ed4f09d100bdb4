"""Job parameters and source images for every kind of worker, and the payloads they must become.

A kind is a dialect of self-hosted workers, or the emulator's name for public endpoints that take
the same input.
"""

import tomllib
from pathlib import Path
from typing import Any

from generation.catalog.catalog_file import read_catalog
from generation.demo.emulator.worker_rules import PUBLIC_ENDPOINTS
from generation.providers import payloads
from generation.providers.payloads import PUBLIC, InputImage, Parameters

FORMATS = {
    PUBLIC_ENDPOINTS[table["endpoint_id"]]: table["request_format"]
    for table in read_catalog()["models"]
    if table["dialect"] == PUBLIC
}


def dialect_of(kind: str) -> str:
    return PUBLIC if kind in FORMATS else kind


def build(kind: str, wanted: Parameters, **options: Any) -> dict[str, Any]:
    return payloads.build(
        dialect_of(kind), wanted, **{"request_format": FORMATS.get(kind), **options}
    )


CAT = InputImage(
    url="https://storage.example/cat.png?X-Amz-Signature=1", name="cat.png", data=b"\x89PNG"
)
DOG = InputImage(url="https://storage.example/dog.jpg", name="dog.jpg", data=b"\xff\xd8\xff")
WORKFLOW = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": "{{seed}}",
            "steps": 20,
            "positive": ["6", 0],
            "negative": ["7", 0],
            "denoise": 1,
        },
    },
    "5": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": "{{width}}", "height": "{{height}}", "batch_size": 1},
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "masterpiece, {{prompt}}"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{negative_prompt}}"}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ArtGen"}},
}


def parameters(**changes):
    return Parameters(
        **{"prompt": "a quiet sea", "width": 1024, "height": 1024, "seed": 42} | changes
    )


IMAGES = {"cat": CAT, "dog": DOG}


def _with_addresses(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_addresses(one) for one in value]
    return value.format(cat=CAT.url, dog=DOG.url) if isinstance(value, str) else value


INPUTS = {
    kind: (
        case["parameters"],
        tuple(IMAGES[name] for name in case["images"]),
        {name: _with_addresses(value) for name, value in case["payload"].items()},
    )
    for kind, case in tomllib.loads(Path(__file__).with_suffix(".toml").read_text()).items()
}
"""Parameters, images and payload of each kind of worker."""
