"""Validates a job's `input` as the real workers do.

Written from the documentation (see `worker_rules`), independently of our payload tables, so that
mistakes in those are found.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .comfyui_graphs import read_graph
from .worker_rules import RULES, WorkerRules


class InputProblem(Exception):
    """The error message of the worker."""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """The image to generate. Width and height are 0 if the source image determines them."""

    prompt: str
    negative_prompt: str = ""
    width: int = 1024
    height: int = 1024
    seed: int | None = None
    steps: int = 20
    strength: float | None = None
    sources: tuple[str, ...] = ()  # URLs, data: URIs or base64
    mask: str = ""  # as a source; white is repainted
    scale: int = 1  # the first source is enlarged by this factor instead of painted
    megapixels: float = 0  # or to as many
    format: str = "png"


CUSTOM_SIDES = (256, 1440, 16)  # px: minimum, maximum, step
SCHNELL_STEPS = (1, 8)
# A data: URI instead of an address is documented nowhere, but RunPod's own SDK sends it and it is
# accepted.
_SOURCE = re.compile(r"https?://\S+$|data:image/[\w.+-]+;base64,")


def guess_dialect(body: Mapping[str, Any]) -> str:
    if "workflow" in body:
        return "comfyui"
    if {"cfg_scale", "sampler_name", "override_settings", "batch_size"} & body.keys():
        return "a1111"
    if {"scheduler", "refiner_inference_steps", "num_images", "guidance_scale"} & body.keys():
        return (
            "sdxl" if {"width", "height", "scheduler", "image_url"} & body.keys() else "sdxl_turbo"
        )
    return "flux"


def understand(dialect: str, endpoint: str, body: Mapping[str, Any]) -> ImageRequest:
    """Return the parsed request; raise InputProblem with the error of the worker."""
    if dialect == "comfyui":
        return _comfyui(body)
    rules = RULES[dialect]
    prompt = body.get("prompt") if rules.prompt else "the source image"
    if not isinstance(prompt, str) or not prompt.strip():
        raise InputProblem("Input validation error: prompt is a required input")
    if rules.is_strict and (unknown := body.keys() - rules.fields):
        raise InputProblem(f"Input validation error: unknown field {min(unknown)}")
    for name, allowed in rules.choices.items():
        if name in body and body[name] not in allowed:
            raise InputProblem(f"Invalid {name}: {body[name]}")
    sources = _sources(rules, body)
    width, height = _size(dialect, rules, body)
    steps_range = SCHNELL_STEPS if endpoint.endswith("flux-1-schnell") else rules.steps
    steps = body.get(rules.steps_key)
    if steps_range and steps is not None:
        _number(rules.steps_key, steps, *steps_range, whole=True)
    for name, (least, most) in rules.numbers.items():
        if body.get(name) is not None:
            _number(name, body[name], least, most)
    if rules.loras:
        _check_loras(body.get("loras"))
    seed = body.get("seed")
    if seed is not None:
        _number("seed", seed, -1, 2**64 - 1, whole=True)
    form = body.get(rules.format_key, "png")
    if form not in rules.formats:
        raise InputProblem(f"Invalid {rules.format_key}: {form}")
    strength = body.get("strength")
    mask = body.get(rules.mask, "") if rules.mask else ""
    if mask and not (isinstance(mask, str) and _SOURCE.match(mask) and sources):
        raise InputProblem(f"Invalid image URL in {rules.mask}")
    megapixels = body.get("target_megapixels", 4) if rules.megapixels else 0
    if rules.megapixels:
        _number("target_megapixels", megapixels, *rules.megapixels)
    return ImageRequest(
        prompt=prompt,
        negative_prompt=str(body.get("negative_prompt") or ""),
        width=width,
        height=height,
        seed=None if seed in (None, -1) else int(seed),
        steps=int(steps) if steps_range and steps else rules.default_steps,
        strength=float(strength) if sources and isinstance(strength, int | float) else None,
        sources=sources,
        mask=mask,
        scale=1 if rules.prompt else 2,
        megapixels=megapixels,
        format=form,
    )


def _sources(rules: WorkerRules, body: Mapping[str, Any]) -> tuple[str, ...]:
    if not rules.source:
        return ()
    value = body.get(rules.source)
    if value in (None, "", []):
        listed = []
    elif rules.source == "images":
        listed = value
    else:
        listed = [value]
    least, most = rules.sources
    if not isinstance(listed, list) or not all(isinstance(source, str) for source in listed):
        raise InputProblem(f"Invalid image URL in {rules.source}")
    if not least <= len(listed) <= most:
        raise InputProblem(
            f"{rules.source} must have {least} to {most} image URLs, got {len(listed)}"
        )
    if bad := [source for source in listed if not _SOURCE.match(source)]:
        raise InputProblem(f"Invalid image URL: {bad[0][:100]}")
    return tuple(listed)


def _size(dialect: str, rules: WorkerRules, body: Mapping[str, Any]) -> tuple[int, int]:
    if rules.size == "width":
        width, height = body.get("width", 1024), body.get("height", 1024)
        least, most, step = (256, 1536, 64) if dialect == "flux" else (64, 2048, 8)
        for name, value in (("width", width), ("height", height)):
            _number(name, value, least, most, whole=True)
            if value % step:
                raise InputProblem(f"{name} must be a multiple of {step}, got {value}")
        return width, height
    if rules.size == "size":
        size = body.get("size", rules.default_size)
        if size == rules.default_size == "":
            return 0, 0  # as the source, else 1024 px
        match = re.fullmatch(r"(\d{2,4})\*(\d{2,4})", size) if isinstance(size, str) else None
        if match is None or (rules.sizes and size not in rules.sizes):
            raise InputProblem(f"Invalid size: {size}")
        for side in (int(match[1]), int(match[2])):
            _number("size", side, *rules.sides)
        return int(match[1]), int(match[2])
    if rules.size == "ratio":
        return _ratio(rules, body)
    return (512, 512) if dialect == "sdxl_turbo" else (0, 0)


def _ratio(rules: WorkerRules, body: Mapping[str, Any]) -> tuple[int, int]:
    ratio = body.get("aspect_ratio", rules.default_ratio)
    resolution = body.get("resolution", "1k")
    if rules.resolutions and resolution not in rules.resolutions:
        raise InputProblem(f"Invalid resolution: {resolution}")
    if ratio in ("match_input_image", "") and rules.default_ratio == ratio:
        return 0, 0
    if ratio == "custom" and rules.custom:
        return _custom_side("width", body), _custom_side("height", body)
    if not isinstance(ratio, str) or ratio not in rules.ratios:
        raise InputProblem(f"Invalid aspect_ratio: {ratio}")
    width, height = rules.ratios[ratio]
    times = rules.resolutions.get(resolution, 1)
    return int(width * times), int(height * times)


def _custom_side(name: str, body: Mapping[str, Any]) -> int:
    least, most, step = CUSTOM_SIDES
    value: Any = body.get(name)
    _number(name, value, least, most, whole=True)
    if value % step:
        raise InputProblem(f"{name} must be a multiple of {step}, got {value}")
    return int(value)


def _check_loras(loras: object) -> None:
    if loras is None:
        return
    if not isinstance(loras, list):
        raise InputProblem("Input validation error: loras must be an array")
    for lora in loras:
        path = lora.get("path") if isinstance(lora, dict) else None
        scale = lora.get("scale") if isinstance(lora, dict) else None
        if not isinstance(path, str) or not re.match(r"https?://\S+$", path):
            raise InputProblem("Input validation error: loras.path is a required input")
        _number("loras.scale", scale, -4, 4)
        if re.match(
            r"https?://[^/]*\.invalid(/|$)", path
        ):  # a name that never leads anywhere (RFC 2606)
            raise InputProblem("Failed to load LoRA model from URL")


def _number(name: str, value: Any, least: float, most: float, *, whole: bool = False) -> None:
    kinds = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        raise InputProblem(f"{name} must be between {least} and {most}, got {value!r}")


def _comfyui(body: Mapping[str, Any]) -> ImageRequest:
    workflow = body.get("workflow")
    if workflow is None:
        raise InputProblem("Missing 'workflow' parameter")
    images = body.get("images") or []
    if not isinstance(images, list) or not all(
        isinstance(image, dict)
        and isinstance(image.get("name"), str)
        and isinstance(image.get("image"), str)
        for image in images
    ):
        raise InputProblem("'images' must be a list of objects with 'name' and 'image' keys")
    if not isinstance(workflow, dict) or not workflow:
        raise InputProblem("Workflow validation failed: no nodes")
    for node_id, node in workflow.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            raise InputProblem(f"Workflow validation failed: node {node_id} has no class_type")
    graph = read_graph(workflow)
    files = {image["name"]: image["image"] for image in images}
    missing = {*graph.loaded, *filter(None, [graph.mask])} - files.keys()
    if missing:
        raise InputProblem(f"Workflow validation failed: invalid image file: {sorted(missing)[0]}")
    return ImageRequest(
        prompt=graph.prompt,
        negative_prompt=graph.negative_prompt,
        width=graph.width,
        height=graph.height,
        seed=graph.seed,
        steps=graph.steps,
        strength=graph.strength if images else None,
        sources=tuple(text for name, text in files.items() if name != graph.mask),
        mask=files.get(graph.mask, ""),
        scale=graph.scale,
    )
