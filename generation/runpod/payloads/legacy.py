"""Request formats of public endpoints by the dialect names used before formats were data.

Rows and snapshots of the previous version use these names; during an upgrade it reads them, too.
Do not add names here: a new endpoint has its own request format.
"""

from collections.abc import Mapping
from typing import Any

_RATIOS = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"]
_PNG_CHECKED = {"output_format": "png", "enable_safety_checker": True}
_CHECKED = {"enable_safety_checker": True}
_CHECKED_TOO = {"disable_safety_checker": False}
_TUNED = {"steps": "num_inference_steps", "guidance": "guidance", "seed": "seed"}
_NEGATIVE = {"negative_prompt": "negative_prompt"}

LEGACY: Mapping[str, Mapping[str, Any]] = {
    "flux": {
        "size": {"mode": "width_height"},
        **_NEGATIVE,
        **_TUNED,
        "fixed": {"image_format": "png"},
    },
    "kontext": {
        "size": {"mode": "size"},
        "sources": {"field": "image"},
        **_NEGATIVE,
        **_TUNED,
        "fixed": _PNG_CHECKED,
    },
    "qwen": {"size": {"mode": "size"}, **_NEGATIVE, "seed": "seed", "fixed": _CHECKED},
    "qwen_edit": {
        "sources": {"field": "image"},
        **_NEGATIVE,
        "seed": "seed",
        "fixed": _PNG_CHECKED,
    },
    "qwen_edit_2511": {
        "size": {
            "mode": "size",
            "sizes": ["1024*1024", "1024*1280", "1280*1024", "1280*1280", "1280*1536", "1536*1080"],
        },
        "sources": {"field": "images", "list": True, "min": 1, "max": 3},
        "seed": "seed",
        "fixed": {"output_format": "png"},
    },
    "seedream": {"size": {"mode": "size"}, **_NEGATIVE, "seed": "seed", "fixed": _CHECKED},
    "seedream_edit": {
        "size": {"mode": "size"},
        "sources": {"field": "images", "list": True, "min": 1, "max": 10},
        "fixed": _CHECKED,
    },
    "z_image": {
        "size": {
            "mode": "size",
            "sizes": [
                *("512*512", "768*768", "1024*1024", "1280*1280"),
                *("1024*768", "768*1024", "1280*720", "720*1280"),
            ],
        },
        "sources": {"field": "image", "min": 0},
        "strength": "strength",
        "seed": "seed",
        "fixed": _PNG_CHECKED,
    },
    "p_image": {
        "size": {"mode": "aspect_ratio", "ratios": _RATIOS},
        "seed": "seed",
        "fixed": _CHECKED_TOO,
    },
    "p_image_edit": {
        "size": {"mode": "aspect_ratio", "ratios": _RATIOS},
        "sources": {"field": "images", "list": True, "min": 1, "max": 5},
        "seed": "seed",
        "fixed": _CHECKED_TOO,
    },
    "wan": {
        "size": {"mode": "size", "sizes": ["1024*1024", "1024*768", "1440*1024"]},
        "seed": "seed",
        "fixed": _CHECKED,
    },
}
