"""What an emulated worker makes of a job's `input`: it refuses what the real one would refuse.

Written from the documentation anew, not from our own payload tables, so that a mistake in those is seen here.
Sources: the model pages below https://docs.runpod.io/public-endpoints/reference and the workers' READMEs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .graphs import read_graph


class InputProblem(Exception):
    """What the worker's error says."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be drawn. Width and height are 0 where the source picture decides."""

    prompt: str
    negative_prompt: str = ""
    width: int = 1024
    height: int = 1024
    seed: int | None = None
    steps: int = 20
    strength: float | None = None
    source_urls: tuple[str, ...] = ()
    source_data: tuple[str, ...] = ()  # base64 or data: URIs
    format: str = "png"


@dataclass(frozen=True, slots=True)
class Rules:
    """What one kind of worker takes."""

    size: str = ""  # width, size, ratio, or "" where the source decides
    sizes: frozenset[str] = frozenset()  # the only ones, as "W*H"
    steps_key: str = "num_inference_steps"
    steps: tuple[int, int] | None = None
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    source: str = ""  # image, images or image_url
    sources: tuple[int, int] = (0, 0)
    format_key: str = "output_format"
    default_steps: int = 20


RATIOS = {
    "1:1": (1024, 1024),
    "16:9": (1344, 768),
    "9:16": (768, 1344),
    "4:3": (1184, 880),
    "3:4": (880, 1184),
    "3:2": (1248, 832),
    "2:3": (832, 1248),
}
_GUIDANCE = {"guidance": (0.0, 10.0)}
RULES: dict[str, Rules] = {
    "flux": Rules(size="width", steps=(1, 50), numbers=_GUIDANCE, format_key="image_format", default_steps=28),
    "kontext": Rules(size="size", steps=(1, 50), numbers=_GUIDANCE, source="image", sources=(1, 1), default_steps=28),
    "qwen": Rules(size="size"),
    "qwen_edit": Rules(source="image", sources=(1, 1)),
    "qwen_edit_2511": Rules(
        size="size",
        sizes=frozenset({"1024*1024", "1024*1280", "1280*1024", "1280*1280", "1280*1536", "1536*1080"}),
        source="images",
        sources=(1, 3),
    ),
    "seedream": Rules(size="size"),
    "seedream_edit": Rules(size="size", source="images", sources=(1, 10)),
    "z_image": Rules(
        size="size",
        sizes=frozenset(
            {
                "512*512",
                "768*768",
                "1024*1024",
                "1280*1280",
                "1024*768",
                "768*1024",
                "1280*720",
                "720*1280",
            }
        ),
        numbers={"strength": (0.0, 1.0)},
        source="image",
        sources=(0, 1),
        default_steps=8,
    ),
    "p_image": Rules(size="ratio", default_steps=8),
    "p_image_edit": Rules(size="ratio", source="images", sources=(1, 5), default_steps=8),
    "wan": Rules(size="size", sizes=frozenset({"1024*1024", "1024*768", "1440*1024"})),
    "a1111": Rules(size="width", steps_key="steps", steps=(1, 150), numbers={"cfg_scale": (0.0, 30.0)}),
    "sdxl": Rules(
        size="width",
        steps=(1, 150),
        numbers={"guidance_scale": (0.0, 50.0), "strength": (0.0, 1.0), "num_images": (1, 2)},
        source="image_url",
        sources=(0, 1),
        default_steps=25,
    ),
    "sdxl_turbo": Rules(steps=(1, 8), numbers={"guidance_scale": (0.0, 2.0), "num_images": (1, 4)}, default_steps=1),
}
SCHNELL_STEPS = (1, 8)
# A data: URI instead of an address is documented nowhere, but RunPod's own SDK sends it and it is accepted.
_SOURCE = re.compile(r"https?://\S+$|data:image/[\w.+-]+;base64,")


def guess_dialect(body: Mapping[str, Any]) -> str:
    """Return the dialect that an input at an endpoint of unknown kind is written in."""
    if "workflow" in body:
        return "comfyui"
    if {"cfg_scale", "sampler_name", "override_settings", "batch_size"} & body.keys():
        return "a1111"
    if {"scheduler", "refiner_inference_steps", "num_images", "guidance_scale"} & body.keys():
        return "sdxl" if {"width", "height", "scheduler", "image_url"} & body.keys() else "sdxl_turbo"
    return "flux"


def understand(dialect: str, endpoint: str, body: Mapping[str, Any]) -> Request:
    """Return what is to be drawn. Raises InputProblem with the error that the worker would give."""
    if dialect == "comfyui":
        return _comfyui(body)
    rules = RULES[dialect]
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise InputProblem("Input validation error: prompt is a required input")
    urls = _sources(rules, body)
    width, height = _size(dialect, rules, body)
    steps_range = SCHNELL_STEPS if endpoint.endswith("flux-1-schnell") else rules.steps
    steps = body.get(rules.steps_key)
    if steps_range and steps is not None:
        _number(rules.steps_key, steps, *steps_range, whole=True)
    for name, (least, most) in rules.numbers.items():
        if body.get(name) is not None:
            _number(name, body[name], least, most)
    seed = body.get("seed")
    if seed is not None:
        _number("seed", seed, -1, 2**64 - 1, whole=True)
    form = body.get(rules.format_key, "png")
    if form not in ("png", "jpeg", "webp"):
        raise InputProblem(f"Invalid {rules.format_key}: {form}")
    strength = body.get("strength")
    return Request(
        prompt=prompt,
        negative_prompt=str(body.get("negative_prompt") or ""),
        width=width,
        height=height,
        seed=None if seed in (None, -1) else int(seed),
        steps=int(steps) if steps_range and steps else rules.default_steps,
        strength=float(strength) if urls and isinstance(strength, int | float) else None,
        source_urls=urls,
        format=form,
    )


def _sources(rules: Rules, body: Mapping[str, Any]) -> tuple[str, ...]:
    if not rules.source:
        return ()
    value = body.get(rules.source)
    listed = [] if value in (None, "", []) else value if rules.source == "images" else [value]
    least, most = rules.sources
    if not isinstance(listed, list) or not all(isinstance(url, str) for url in listed):
        raise InputProblem(f"Invalid image URL in {rules.source}")
    if not least <= len(listed) <= most:
        raise InputProblem(f"{rules.source} must have {least} to {most} image URLs, got {len(listed)}")
    if bad := [url for url in listed if not _SOURCE.match(url)]:
        raise InputProblem(f"Invalid image URL: {bad[0][:100]}")
    return tuple(listed)


def _size(dialect: str, rules: Rules, body: Mapping[str, Any]) -> tuple[int, int]:
    if rules.size == "width":
        width, height = body.get("width", 1024), body.get("height", 1024)
        least, most, step = (256, 1536, 64) if dialect == "flux" else (64, 2048, 8)
        for name, value in (("width", width), ("height", height)):
            _number(name, value, least, most, whole=True)
            if value % step:
                raise InputProblem(f"{name} must be a multiple of {step}, got {value}")
        return width, height
    if rules.size == "size":
        size = body.get("size", "1024*1024")
        match = re.fullmatch(r"(\d{2,4})\*(\d{2,4})", size) if isinstance(size, str) else None
        if match is None or (rules.sizes and size not in rules.sizes):
            raise InputProblem(f"Invalid size: {size}")
        return int(match[1]), int(match[2])
    if rules.size == "ratio":
        ratio = body.get("aspect_ratio", "match_input_image" if rules.source else "16:9")
        if ratio == "match_input_image" and rules.source:
            return 0, 0
        if ratio not in RATIOS:
            raise InputProblem(f"Invalid aspect_ratio: {ratio}")
        return RATIOS[ratio]
    return (512, 512) if dialect == "sdxl_turbo" else (0, 0)


def _number(name: str, value: Any, least: float, most: float, *, whole: bool = False) -> None:
    kinds = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        raise InputProblem(f"{name} must be between {least} and {most}, got {value!r}")


def _comfyui(body: Mapping[str, Any]) -> Request:
    workflow = body.get("workflow")
    if workflow is None:
        raise InputProblem("Missing 'workflow' parameter")
    images = body.get("images") or []
    if not isinstance(images, list) or not all(
        isinstance(image, dict) and isinstance(image.get("name"), str) and isinstance(image.get("image"), str)
        for image in images
    ):
        raise InputProblem("'images' must be a list of objects with 'name' and 'image' keys")
    if not isinstance(workflow, dict) or not workflow:
        raise InputProblem("Workflow validation failed: no nodes")
    for node_id, node in workflow.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            raise InputProblem(f"Workflow validation failed: node {node_id} has no class_type")
    graph = read_graph(workflow)
    missing = set(graph.loaded) - {image["name"] for image in images}
    if missing:
        raise InputProblem(f"Workflow validation failed: invalid image file: {sorted(missing)[0]}")
    return Request(
        prompt=graph.prompt,
        negative_prompt=graph.negative_prompt,
        width=graph.width,
        height=graph.height,
        seed=graph.seed,
        steps=graph.steps,
        strength=graph.strength if images else None,
        source_data=tuple(image["image"] for image in images),
    )
