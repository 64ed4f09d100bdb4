"""Reads a ComfyUI graph in API format.

Prompt, size and seed are found by following links, as ComfyUI does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FACTOR = re.compile(r"(?i)x([248])")
REFERRING = {
    "ControlNetApplyAdvanced": "strength",
    "IPAdapterAdvanced": "weight",
    "StyleModelApply": "strength",
}
"""Nodes by which an image is a reference, and the input that says how closely it is followed."""
_TEXTS = ("text", "prompt", "string", "text_g", "clip_l", "t5xxl", "value")


@dataclass(frozen=True, slots=True)
class WorkflowValues:
    prompt: str
    negative_prompt: str
    width: int
    height: int
    seed: int | None
    steps: int
    strength: float | None
    loaded: tuple[str, ...]  # file names of LoadImage nodes
    mask: str  # file name of a LoadImageMask node, "" without one
    scale: int  # factor of an upscale model, 1 without one


def read_graph(workflow: Mapping[str, Any]) -> WorkflowValues:
    """Return the parameters; defaults are 1024×1024 and 20 steps."""
    nodes = [node.get("inputs") or {} for node in workflow.values()]
    sampler = next((node for node in nodes if "positive" in node or "negative" in node), {})
    texts = [text for node in nodes if (text := _text(node))]
    prompt = _follow(workflow, sampler.get("positive")) or max(texts, key=len, default="")
    negative = _follow(workflow, sampler.get("negative"))
    seeds = (node.get(key) for node in nodes for key in ("seed", "noise_seed"))
    denoise = (_number(node, "denoise") for node in nodes)
    strength = next((value for value in denoise if value is not None), None)
    for node in workflow.values():
        if weight := _number(node.get("inputs") or {}, REFERRING.get(node.get("class_type"), "")):
            strength = 1 - min(1, weight)
    return WorkflowValues(
        prompt=prompt,
        negative_prompt="" if negative == prompt else negative,
        width=_whole(nodes, "width", 1024),
        height=_whole(nodes, "height", 1024),
        seed=next(
            (seed for seed in seeds if isinstance(seed, int) and not isinstance(seed, bool)), None
        ),
        steps=_whole(nodes, "steps", 20),
        strength=strength,
        loaded=_files(workflow, "LoadImage"),
        mask=next(iter(_files(workflow, "LoadImageMask")), ""),
        scale=_upscaling(workflow),
    )


def _files(workflow: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    return tuple(
        node["inputs"]["image"]
        for node in workflow.values()
        if node.get("class_type") == kind
        and isinstance((node.get("inputs") or {}).get("image"), str)
    )


def _upscaling(workflow: Mapping[str, Any]) -> int:
    """Return the factor in the name of the upscale model, such as RealESRGAN_x4plus.pth."""
    names = (
        (node.get("inputs") or {}).get("model_name")
        for node in workflow.values()
        if node.get("class_type") == "UpscaleModelLoader"
    )
    matches = (_FACTOR.search(name) for name in names if isinstance(name, str))
    return next((int(match[1]) for match in matches if match), 1)


def _follow(workflow: Mapping[str, Any], link: object, depth: int = 8) -> str:
    """Return the text that a chain of links leads to."""
    if not isinstance(link, list) or not link or depth == 0:
        return ""
    node = workflow.get(str(link[0]))
    inputs = node.get("inputs") or {} if isinstance(node, dict) else {}
    if text := _text(inputs):
        return text
    return next(
        (text for value in inputs.values() if (text := _follow(workflow, value, depth - 1))), ""
    )


def _text(inputs: Mapping[str, Any]) -> str:
    return next((v for key in _TEXTS if isinstance(v := inputs.get(key), str) and v), "")


def _number(inputs: Mapping[str, Any], key: str) -> float | None:
    value = inputs.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(nodes: list[Mapping[str, Any]], key: str, default: int) -> int:
    values = (_number(node, key) for node in nodes)
    return next((int(value) for value in values if value is not None and value >= 1), default)
