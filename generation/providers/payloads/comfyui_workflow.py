"""Workflow templates of ComfyUI models: graphs in API format with named slots such as "{{prompt}}".

A string that is exactly one slot becomes the typed value (`"seed": "{{seed}}"` → `"seed": 42`); a
slot inside a longer text is replaced as text. Format (Workflow → Export (API)):
https://docs.comfy.org/development/comfyui-server/api-examples
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from .dialect import Parameters, PayloadError

MAX_SOURCE_IMAGES = 4
FIELDS = tuple(name for name in Parameters.__dataclass_fields__ if not name.startswith("lora_"))
WEIGHTS = tuple(f"weight_{n}" for n in range(1, MAX_SOURCE_IMAGES + 1))
IMAGES = tuple(f"image_{n}" for n in range(1, MAX_SOURCE_IMAGES + 1))
SLOTS = (*FIELDS, "image", "mask", *IMAGES, *WEIGHTS)
"""`image` is the first source image, as `image_1` is; `weight_1` how much of it is taken."""
_SLOT = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


class WorkflowError(PayloadError):
    """The template does not fit; says in which node."""

    def __init__(self, node_id: str, problem: str) -> None:
        super().__init__(f"node {node_id}: {problem}" if node_id else problem)
        self.node_id = node_id
        self.problem = problem


def fill(workflow: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the graph with every slot filled.

    `values` maps slots to typed values, or None if this job has no value. Raises WorkflowError for
    an unknown slot or one without a value.
    """
    return {node_id: _filled(node, values, str(node_id)) for node_id, node in workflow.items()}


def _filled(value: object, values: Mapping[str, Any], node_id: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(inner, values, node_id) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(inner, values, node_id) for inner in value]
    if not isinstance(value, str):
        return value

    def slot_value(match: re.Match[str]) -> Any:
        slot = match[1]
        if slot not in SLOTS:
            raise WorkflowError(node_id, f"unknown slot {{{{{slot}}}}}")
        if values.get(slot) is None:
            raise WorkflowError(node_id, f"the slot {{{{{slot}}}}} has no value in this job")
        return values[slot]

    if match := _SLOT.fullmatch(value):
        return slot_value(match)
    return _SLOT.sub(lambda match: str(slot_value(match)), value)


def slots_in(value: object) -> Iterator[str]:
    """Yield the name of every slot in a template, also of unknown ones."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from slots_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from slots_in(inner)
    elif isinstance(value, str):
        yield from (match[1] for match in _SLOT.finditer(value))


def check_workflow(workflow: object) -> list[str]:
    """Return the problems of a template, in English for staff; empty if it is valid."""
    if not isinstance(workflow, Mapping) or not workflow:
        return ["The workflow must be a JSON object of nodes."]
    if isinstance(workflow.get("nodes"), list):
        return ["This is the editor's format. Use Workflow → Export (API) in ComfyUI."]
    problems = [
        problem
        for node_id, node in workflow.items()
        for problem in _node_problems(workflow, node_id, node)
    ]
    used = set(slots_in(workflow))
    upscales = "scale" in used  # its result follows from the source image alone
    if "prompt" not in used and not upscales:
        problems.append("No node uses {{prompt}}: every image would be the same.")
    if "seed" not in used and not upscales:
        problems.append("No node uses {{seed}}: a prompt would always give the same image.")
    if not any("save" in _class(node).lower() for node in workflow.values()):
        problems.append(
            "No node saves an image (such as SaveImage): the worker would return nothing."
        )
    numbers = sorted(int(slot[6:]) for slot in used if slot in IMAGES)
    if numbers and numbers != list(range(1, len(numbers) + 1)):
        problems.append("The source images must be {{image_1}}, {{image_2}} … without a gap.")
    return problems


def _class(node: object) -> str:
    name = node.get("class_type") if isinstance(node, Mapping) else None
    return name if isinstance(name, str) else ""


def _node_problems(workflow: Mapping[str, Any], node_id: str, node: object) -> Iterator[str]:
    if not isinstance(node, Mapping) or not _class(node):
        yield f"Node {node_id}: class_type is missing."
        return
    inputs = node.get("inputs", {})
    if not isinstance(inputs, Mapping):
        yield f"Node {node_id}: inputs must be an object."
        return
    for name, value in inputs.items():
        if _is_link(value) and str(value[0]) not in workflow:
            yield f"Node {node_id}: {name} is linked to node {value[0]}, which does not exist."
    for slot in sorted(set(slots_in(node)) - set(SLOTS)):
        yield f"Node {node_id}: unknown slot {{{{{slot}}}}}."


def _is_link(value: object) -> TypeGuard[list[str | int]]:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
    )
