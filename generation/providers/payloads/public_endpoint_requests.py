"""The dialect of RunPod's public endpoints; a request format names each endpoint's parameters."""

from collections.abc import Sequence
from typing import Any

from generation.imaging import aspect_ratio

from .dialect import ALWAYS, Dialect, InputImage, Parameters
from .request_format import VALUES, RequestFormat, SizeFormat, SourcesFormat

PUBLIC = "public"


def public_dialect(request: RequestFormat, *, name: str = PUBLIC) -> Dialect:
    def build(parameters: Parameters, sources: Sequence[InputImage]) -> dict[str, Any]:
        return _body(request, parameters, sources)

    return Dialect(
        name=name,
        accepts=_accepts(request),
        build=build,
        min_sources=request.sources.min if request.sources else 0,
        max_sources=request.sources.max if request.sources else 0,
        mask_field=request.mask,
        sizes=request.size.sizes,
        side_limits=(request.size.min, request.size.max, request.size.step),
        sized_by_source=request.size.mode == "match_input_image",
    )


def _accepts(request: RequestFormat) -> frozenset[str]:
    sized = request.size.mode not in ("none", "match_input_image")
    carried = {
        "width": sized,
        "height": sized,
        "lora_url": request.loras,
        "lora_scale": request.loras,
        **{name: getattr(request, name) for name in VALUES},
    }
    if not request.prompt:  # an upscaler or the like, which gets the size, or makes one alone
        carried["scale"] = "scale"
    return ALWAYS | {name for name, can in carried.items() if can}


def _body(
    request: RequestFormat, parameters: Parameters, sources: Sequence[InputImage]
) -> dict[str, Any]:
    body: dict[str, Any] = {request.prompt: parameters.prompt} if request.prompt else {}
    if request.negative_prompt and parameters.negative_prompt:
        body[request.negative_prompt] = parameters.negative_prompt
    body |= _size(request.size, parameters)
    for name in VALUES:
        if name in ("negative_prompt", "strength"):
            continue
        field, value = getattr(request, name), getattr(parameters, name)
        if field and value is not None:
            body[field] = value
    if request.sources and sources:
        images = [_image(request.sources, source) for source in sources]
        body[request.sources.field] = images if request.sources.list else images[0]
        if request.strength and parameters.strength is not None:
            body[request.strength] = parameters.strength
    if request.loras and parameters.lora_url:
        scale = 1.0 if parameters.lora_scale is None else parameters.lora_scale
        body[request.loras] = [{"path": parameters.lora_url, "scale": scale}]
    return body | dict(request.fixed)


def _image(sources: SourcesFormat, image: InputImage) -> str | dict[str, Any]:
    if not sources.item:
        return image.url
    return {sources.item: image.url, sources.weight: image.weight}


def _size(size: SizeFormat, parameters: Parameters) -> dict[str, Any]:
    sides = {size.width: parameters.width, size.height: parameters.height}
    match size.mode:
        case "width_height":
            return sides
        case "size":
            return {size.field: f"{parameters.width}{size.separator}{parameters.height}"}
        case "aspect_ratio":
            return {
                size.field: aspect_ratio.nearest(
                    parameters.width, parameters.height, ratios=size.ratios
                )
            }
        case "megapixels":
            return {size.field: max(1, round(parameters.width * parameters.height / 1_000_000))}
        case "custom":
            return {size.field: "custom", **sides}
        case "match_input_image":
            return {size.field: "match_input_image"}
    return {}
