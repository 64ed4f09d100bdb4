"""The dialect of worker-comfyui, which runs any ComfyUI graph.

Source: https://github.com/runpod-workers/worker-comfyui (README, 5.x).
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from .comfyui_workflow import (
    FIELDS,
    MAX_SOURCE_IMAGES,
    WorkflowError,
    check_workflow,
    fill,
    slots_in,
)
from .dialect import Dialect, InputImage, Parameters, PayloadError


def build(
    parameters: Parameters,
    sources: Sequence[InputImage],
    workflow: Mapping[str, Any],
    *,
    mask: InputImage | None = None,
) -> dict[str, Any]:
    """Return the input of worker-comfyui: the filled graph and the images that it loads.

    Raises WorkflowError if the template is invalid or has no slot for one of the images.
    """
    if problems := check_workflow(workflow):
        raise WorkflowError("", " ".join(problems))
    names = [
        f"{number}_{source.name or 'source.png'}" for number, source in enumerate(sources, start=1)
    ]
    values: dict[str, Any] = {name: getattr(parameters, name) for name in FIELDS}
    values |= {f"image_{number}": name for number, name in enumerate(names, start=1)}
    values |= {f"weight_{number}": source.weight for number, source in enumerate(sources, start=1)}
    if names:
        values["image"] = names[0]
    used = set(slots_in(workflow))
    for number in range(1, len(sources) + 1):
        if f"image_{number}" not in used and not (number == 1 and "image" in used):
            raise WorkflowError(
                "", f"no node uses {{{{image_{number}}}}}, but the job has that source image"
            )
    files = dict(zip(names, sources, strict=True))
    if mask:
        if "mask" not in used:
            raise WorkflowError("", "no node uses {{mask}}, but the job has a mask")
        values["mask"] = f"0_{mask.name}"  # no source image has this number
        files[values["mask"]] = mask
    body: dict[str, Any] = {"workflow": fill(workflow, values)}
    if files:
        body["images"] = [
            {"name": name, "image": data_uri(file.data or b"")} for name, file in files.items()
        ]
    return body


def data_uri(data: bytes) -> str:
    """Return an image as a data: URI; its type is detected from the first bytes."""
    kind = "webp" if data[8:12] == b"WEBP" else "png"
    kind = "jpeg" if data.startswith(b"\xff\xd8") else kind
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _never(parameters: Parameters, sources: Sequence[InputImage]) -> dict[str, Any]:
    raise PayloadError("comfyui is built from a workflow")


DIALECT = Dialect(
    name="comfyui",
    accepts=frozenset(FIELDS),
    build=_never,
    max_sources=MAX_SOURCE_IMAGES,
    mask_field="mask",
    needs_data=True,
)
