"""Validates a job's `input` as the real workers do.

Written from the documentation, independently of our payload tables, so that mistakes in those are
found. Sources: the model pages below https://docs.runpod.io/public-endpoints/reference and the
READMEs of the workers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .comfyui_graphs import read_graph


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
    format: str = "png"


@dataclass(frozen=True, slots=True)
class WorkerRules:
    size: str = ""  # width, size, ratio, or "" if the source image determines it
    sizes: frozenset[str] = frozenset()  # the allowed sizes, as "W*H"
    steps_key: str = "num_inference_steps"
    steps: tuple[int, int] | None = None
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    source: str = ""  # image, images or image_url
    sources: tuple[int, int] = (0, 0)
    format_key: str = "output_format"
    default_steps: int = 20
    loras: bool = False
    ratios: Mapping[str, tuple[int, int]] = field(
        default_factory=dict
    )  # and the size that each gives, at 1k
    default_ratio: str = "16:9"
    custom: bool = False  # allows aspect_ratio "custom" with width and height
    resolutions: Mapping[str, float] = field(default_factory=dict)  # factor of the sides at 1k
    seed: bool = True
    choices: Mapping[str, tuple[object, ...]] = field(default_factory=dict)  # of further fields
    formats: tuple[str, ...] = ("png", "jpeg", "webp")
    sides: tuple[int, int] = (10, 9999)  # of a size
    default_size: str = "1024*1024"  # "": that of the first source
    is_strict: bool = False  # refuses a field that is not its own


RATIOS = {
    "1:1": (1024, 1024),
    "16:9": (1344, 768),
    "9:16": (768, 1344),
    "4:3": (1184, 880),
    "3:4": (880, 1184),
    "3:2": (1248, 832),
    "2:3": (832, 1248),
}
GOOGLE_RATIOS = {
    "1:1": (1024, 1024),
    "3:2": (1264, 848),
    "2:3": (848, 1264),
    "4:3": (1200, 896),
    "3:4": (896, 1200),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
}
LONG_RATIOS = GOOGLE_RATIOS | {
    "1:4": (512, 2048),
    "4:1": (2048, 512),
    "1:8": (384, 3072),
    "8:1": (3072, 384),
}
WIDE_RATIOS = GOOGLE_RATIOS | {
    "1:2": (720, 1440),
    "2:1": (1440, 720),
    "1:3": (592, 1776),
    "3:1": (1776, 592),
    "9:21": (672, 1584),
}
RESOLUTIONS = {"1k": 1, "2k": 2, "4k": 4}
CUSTOM_SIDES = (256, 1440, 16)  # px: minimum, maximum, step
_EDIT_2511_SIZES = frozenset(
    {"1024*1024", "1024*1280", "1280*1024", "1280*1280", "1280*1536", "1536*1080"}
)
_GUIDANCE = {"guidance": (0.0, 10.0)}
RULES: dict[str, WorkerRules] = {
    "flux": WorkerRules(
        size="width", steps=(1, 50), numbers=_GUIDANCE, format_key="image_format", default_steps=28
    ),
    "kontext": WorkerRules(
        size="size",
        steps=(1, 50),
        numbers=_GUIDANCE,
        source="image",
        sources=(1, 1),
        default_steps=28,
    ),
    "qwen": WorkerRules(size="size"),
    "qwen_edit": WorkerRules(source="image", sources=(1, 1)),
    "qwen_edit_2511": WorkerRules(
        size="size", sizes=_EDIT_2511_SIZES, source="images", sources=(1, 3)
    ),
    "qwen_lora": WorkerRules(size="size", loras=True),
    "qwen_edit_2511_lora": WorkerRules(
        size="size", sizes=_EDIT_2511_SIZES, source="images", sources=(1, 3), loras=True
    ),
    "nano_banana": WorkerRules(source="images", sources=(1, 4)),
    "nano_banana_2": WorkerRules(
        size="ratio",
        source="images",
        sources=(1, 14),
        ratios=GOOGLE_RATIOS,
        default_ratio="match_input_image",
        resolutions=RESOLUTIONS,
    ),
    "nano_banana_pro": WorkerRules(
        size="ratio",
        source="images",
        sources=(1, 14),
        ratios={ratio: size for ratio, size in GOOGLE_RATIOS.items() if ratio != "3:4"},
        default_ratio="1:1",
        resolutions=RESOLUTIONS,
    ),
    "seedream": WorkerRules(size="size"),
    "seedream_edit": WorkerRules(size="size", source="images", sources=(1, 10)),
    "z_image": WorkerRules(
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
    "p_image": WorkerRules(size="ratio", ratios=RATIOS, custom=True, default_steps=8),
    "p_image_edit": WorkerRules(
        size="ratio",
        ratios=RATIOS,
        default_ratio="match_input_image",
        source="images",
        sources=(1, 5),
        default_steps=8,
    ),
    "wavespeed_flux": WorkerRules(
        size="size",
        steps=(1, 50),
        numbers={"guidance_scale": (0.0, 20.0), "strength": (0.0, 1.0)},
        source="image",
        sources=(0, 1),
        default_steps=28,
    ),
    "wan": WorkerRules(size="size", sizes=frozenset({"1024*1024", "1024*768", "1440*1024"})),
    "a1111": WorkerRules(
        size="width", steps_key="steps", steps=(1, 150), numbers={"cfg_scale": (0.0, 30.0)}
    ),
    "sdxl": WorkerRules(
        size="width",
        steps=(1, 150),
        numbers={"guidance_scale": (0.0, 50.0), "strength": (0.0, 1.0), "num_images": (1, 2)},
        source="image_url",
        sources=(0, 1),
        default_steps=25,
    ),
    "sdxl_turbo": WorkerRules(
        steps=(1, 8), numbers={"guidance_scale": (0.0, 2.0), "num_images": (1, 4)}, default_steps=1
    ),
}
# At WaveSpeed, whose pages list all fields: https://wavespeed.ai/models/ID/llms.txt.
_FLUX_2 = WorkerRules(size="size", format_key="", is_strict=True)
_SEEDREAM_5 = WorkerRules(
    size="ratio",
    ratios=WIDE_RATIOS,
    default_ratio="1:1",
    resolutions={"1k": 1, "1.5k": 1.5, "2k": 2},
    seed=False,
    choices={"prompt_optimization_mode": ("standard", "fast")},
    formats=("png", "jpeg"),
    is_strict=True,
)
_NANO_BANANA_2 = WorkerRules(
    size="ratio",
    ratios=LONG_RATIOS,
    default_ratio="1:1",
    resolutions={"0.5k": 0.5, **RESOLUTIONS},
    seed=False,
    choices={"enable_web_search": (True, False), "enable_image_search": (True, False)},
    formats=("png", "jpeg"),
    is_strict=True,
)
_QWEN_3 = WorkerRules(
    size="ratio",
    ratios=WIDE_RATIOS,
    default_ratio="1:1",
    resolutions={"1k": 1, "2k": 2},
    choices={"enable_prompt_expansion": (True, False)},
    format_key="",
    is_strict=True,
)
_GPT_IMAGE = WorkerRules(
    size="ratio",
    ratios=WIDE_RATIOS,
    default_ratio="1:1",
    resolutions=RESOLUTIONS,
    seed=False,
    choices={"quality": ("low", "medium", "high", "xhigh", "max")},
    is_strict=True,
)
RULES |= {
    "flux_2": _FLUX_2,
    "flux_2_edit": replace(_FLUX_2, default_size="", source="images", sources=(1, 3)),
    "seedream_5": _SEEDREAM_5,
    "seedream_5_edit": replace(_SEEDREAM_5, default_ratio="", source="images", sources=(1, 10)),
    "wavespeed_nano_banana_2": _NANO_BANANA_2,
    "wavespeed_nano_banana_2_edit": replace(
        _NANO_BANANA_2, default_ratio="", source="images", sources=(1, 14)
    ),
    "wavespeed_nano_banana_pro_edit": replace(
        _NANO_BANANA_2,
        default_ratio="",
        ratios=GOOGLE_RATIOS,
        resolutions=RESOLUTIONS,
        choices={},
        source="images",
        sources=(1, 14),
    ),
    "wavespeed_qwen_edit_2511": WorkerRules(
        size="size", default_size="", source="images", sources=(1, 3), is_strict=True
    ),
    "qwen_3": _QWEN_3,
    "qwen_3_edit": replace(_QWEN_3, default_ratio="", source="images", sources=(1, 3)),
    "gpt_image": _GPT_IMAGE,
    "gpt_image_edit": replace(_GPT_IMAGE, default_ratio="", source="images", sources=(1, 16)),
    "ideogram_4": WorkerRules(
        size="ratio",
        ratios={
            ratio: WIDE_RATIOS[ratio]
            for ratio in ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "9:21")
        },
        default_ratio="1:1",
        resolutions={"1k": 1, "2k": 2},
        seed=False,
        choices={"quality": ("low", "medium", "high")},
        numbers={"strength": (0.0, 1.0)},
        source="image",
        sources=(0, 1),
        is_strict=True,
    ),
    "wavespeed_z_image": WorkerRules(
        size="size",
        sides=(256, 1536),
        numbers={"strength": (0.0, 1.0)},
        source="image",
        sources=(0, 1),
        default_steps=8,
        is_strict=True,
    ),
}
SCHNELL_STEPS = (1, 8)
# A data: URI instead of an address is documented nowhere, but RunPod's own SDK sends it and it is
# accepted.
_SOURCE = re.compile(r"https?://\S+$|data:image/[\w.+-]+;base64,")
PUBLIC_ENDPOINTS = {
    "black-forest-labs-flux-1-schnell": "flux",
    "black-forest-labs-flux-1-dev": "flux",
    "black-forest-labs-flux-1-kontext-dev": "kontext",
    "qwen-image-t2i": "qwen",
    "qwen-image-t2i-lora": "qwen_lora",
    "qwen-image-edit": "qwen_edit",
    "qwen-image-edit-2511": "qwen_edit_2511",
    "qwen-image-edit-2511-lora": "qwen_edit_2511_lora",
    "seedream-v4-t2i": "seedream",
    "seedream-v4-edit": "seedream_edit",
    "z-image-turbo": "z_image",
    "p-image-t2i": "p_image",
    "p-image-edit": "p_image_edit",
    "wan-2-6-t2i": "wan",
    "nano-banana-edit": "nano_banana",
    "google-nano-banana-2-edit": "nano_banana_2",
    "nano-banana-pro-edit": "nano_banana_pro",
}
"""The key in RULES of each public endpoint."""


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
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise InputProblem("Input validation error: prompt is a required input")
    if rules.is_strict and (unknown := body.keys() - known_fields(rules)):
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
    return ImageRequest(
        prompt=prompt,
        negative_prompt=str(body.get("negative_prompt") or ""),
        width=width,
        height=height,
        seed=None if seed in (None, -1) else int(seed),
        steps=int(steps) if steps_range and steps else rules.default_steps,
        strength=float(strength) if sources and isinstance(strength, int | float) else None,
        sources=sources,
        format=form,
    )


def known_fields(rules: WorkerRules) -> set[str]:
    """Return the names that a request to this worker may have."""
    sizes = {"width": ("width", "height"), "size": ("size",), "ratio": ("aspect_ratio",)}
    names = {"prompt", *sizes.get(rules.size, ()), *rules.numbers, *rules.choices}
    optional = {
        rules.format_key: rules.format_key,
        rules.source: rules.source,
        rules.steps_key: rules.steps,
        "seed": rules.seed,
        "loras": rules.loras,
        "resolution": rules.resolutions,
    }
    return names | {name for name, has_it in optional.items() if has_it}


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
            return 0, 0
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
