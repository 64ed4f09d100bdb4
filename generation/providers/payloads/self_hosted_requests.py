"""Self-hosted workers with a fixed pipeline: worker-a1111, worker-sdxl and worker-sdxl-turbo.

Source: https://github.com/runpod-workers
"""

from collections.abc import Sequence
from typing import Any

from artgen.http.untrusted import InvalidJSON, parse_json

from .dialect import ALWAYS, Dialect, InputImage, Parameters

_SIZED = ALWAYS | {"negative_prompt", "width", "height", "steps", "guidance", "seed"}


def _set(body: dict[str, Any], **values: Any) -> dict[str, Any]:
    return body | {name: value for name, value in values.items() if value is not None}


def _sized(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters that have the same names in worker-a1111 and worker-sdxl."""
    return {
        "prompt": parameters.prompt,
        "negative_prompt": parameters.negative_prompt,
        "width": parameters.width,
        "height": parameters.height,
        "seed": parameters.seed,
    }


# https://github.com/runpod-workers/worker-a1111 (the body of AUTOMATIC1111's /sdapi/v1/txt2img)
def build_a1111(parameters: Parameters, sources: Sequence[InputImage]) -> dict[str, Any]:
    return _set(
        _sized(parameters) | {"batch_size": 1},
        steps=parameters.steps,
        cfg_scale=parameters.guidance,
    )


# https://github.com/runpod-workers/worker-sdxl
def build_sdxl(parameters: Parameters, sources: Sequence[InputImage]) -> dict[str, Any]:
    """Return the input of worker-sdxl for one image; `image_url` is the source image, if any."""
    return _set(
        _sized(parameters) | {"num_images": 1},
        num_inference_steps=parameters.steps,
        guidance_scale=parameters.guidance,
        image_url=sources[0].url if sources else None,
        strength=parameters.strength if sources else None,
    )


# https://github.com/runpod-workers/worker-sdxl-turbo
def build_sdxl_turbo(parameters: Parameters, sources: Sequence[InputImage]) -> dict[str, Any]:
    """Return the input of worker-sdxl-turbo for one image of 512×512 px."""
    return _set(
        {"prompt": parameters.prompt, "seed": parameters.seed, "num_images": 1},
        num_inference_steps=parameters.steps,
        guidance_scale=parameters.guidance,
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def a1111_seed(output: object) -> int | None:
    """Return the seed in `info`, which is JSON as a string."""
    info = output.get("info") if isinstance(output, dict) else None
    if isinstance(info, str):
        try:
            info = parse_json(info)
        except InvalidJSON:
            return None
    if not isinstance(info, dict):
        return None
    seeds = info.get("all_seeds")
    first = seeds[0] if isinstance(seeds, list) and seeds else None
    return _whole(info.get("seed")) if info.get("seed") is not None else _whole(first)


def sdxl_seed(output: object) -> int | None:
    if not isinstance(output, dict):
        return None
    if (seed := _whole(output.get("seed"))) is not None:
        return seed
    images = output.get("images")
    first = images[0] if isinstance(images, list) and images else None
    return _whole(first.get("seed")) if isinstance(first, dict) else None


DIALECTS = (
    Dialect(name="a1111", accepts=_SIZED, build=build_a1111, seed_of=a1111_seed),
    Dialect(
        name="sdxl",
        accepts=_SIZED | {"strength"},
        build=build_sdxl,
        max_sources=1,
        needs_address=True,  # diffusers' load_image accepts only http, https and paths
        seed_of=sdxl_seed,
    ),
    Dialect(
        name="sdxl_turbo",
        accepts=ALWAYS | {"steps", "guidance", "seed"},
        build=build_sdxl_turbo,
        sizes=((512, 512),),
        seed_of=sdxl_seed,
    ),
)
