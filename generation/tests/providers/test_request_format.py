"""What a public endpoint calls its parameters, as data: read, refused, and built into a request."""

import pytest

from generation.catalog.catalog_file import read_catalog
from generation.demo.emulator.input_validation import understand
from generation.demo.emulator.worker_rules import PUBLIC_ENDPOINTS
from generation.providers import payloads
from generation.providers.payloads import PayloadError, RequestFormatError, parse_request_format
from generation.testing.rows.payloads import CAT, DOG, parameters

CATALOG = {
    table["endpoint_id"]: table
    for table in read_catalog()["models"]
    if table["dialect"] == "public"
}


def build(request_format, *, sources=(), **changes):
    asked = parameters(**changes)
    return payloads.build("public", asked, sources=sources, request_format=request_format)


def of_catalog(endpoint, **options):
    return build(CATALOG[endpoint]["request_format"], **options)


@pytest.mark.parametrize("endpoint", CATALOG)
def test_it_sends_what_the_endpoint_takes(endpoint):
    table = CATALOG[endpoint]
    sources = [CAT, DOG, CAT, DOG][: table.get("min_source_images", 0)]
    size = table["parameters"].get("size", {}).get("default", "1024x1024")
    width, height = (int(side) for side in size.split("x"))
    built = of_catalog(endpoint, sources=sources, width=width, height=height)
    assert understand(PUBLIC_ENDPOINTS[endpoint], endpoint, built).prompt == "a quiet sea"


def test_it_keeps_exact_sizes():
    built = of_catalog("p-image-t2i", width=896, height=1120)
    assert built == {
        "prompt": "a quiet sea",
        "aspect_ratio": "custom",
        "width": 896,
        "height": 1120,
        "seed": 42,
        "disable_safety_checker": False,
    }
    drawn = understand("p_image", "p-image-t2i", built)
    assert (drawn.width, drawn.height) == (896, 1120)
    for width, height in ((240, 1024), (1456, 1024), (1024, 1000)):
        with pytest.raises(PayloadError):
            of_catalog("p-image-t2i", width=width, height=height)


def test_it_keeps_the_shape_of_the_source():
    assert of_catalog("p-image-edit", sources=[CAT]) == {
        "prompt": "a quiet sea",
        "aspect_ratio": "match_input_image",
        "seed": 42,
        "images": [CAT.url],
        "disable_safety_checker": False,
    }


def test_it_speaks_to_nano_banana_pro():
    assert of_catalog("nano-banana-pro-edit", sources=[CAT], width=2752, height=1536) == {
        "prompt": "a quiet sea",
        "aspect_ratio": "16:9",
        "images": [CAT.url],
        "resolution": "2k",
        "output_format": "png",
        "enable_safety_checker": True,
    }


def test_it_sends_a_lora_where_there_is_one():
    lora = {"lora_url": "https://example.org/a.safetensors", "lora_scale": 0.7}
    built = of_catalog("qwen-image-t2i-lora", **lora)
    assert built["loras"] == [{"path": "https://example.org/a.safetensors", "scale": 0.7}]
    assert "loras" not in of_catalog("qwen-image-t2i-lora")
    assert of_catalog("qwen-image-t2i-lora", lora_url=lora["lora_url"])["loras"][0]["scale"] == 1
    with pytest.raises(PayloadError):
        of_catalog("qwen-image-t2i", **lora)
    with pytest.raises(PayloadError):
        payloads.build("a1111", parameters(**lora))


def test_it_renames_everything():
    request_format = {
        "prompt": "text",
        "negative_prompt": "without",
        "size": {"mode": "custom", "field": "shape", "width": "w", "height": "h"},
        "sources": {"field": "picture"},
        "steps": "n",
        "guidance": "cfg",
        "seed": "random_seed",
        "strength": "change",
        "loras": "adapters",
        "fixed": {"quality": {"level": 3}},
    }
    asked = {
        "negative_prompt": "fog",
        "steps": 8,
        "guidance": 2.5,
        "strength": 0.5,
        "lora_url": "https://example.org/a",
        "lora_scale": 1.0,
    }
    assert build(request_format, sources=[CAT], **asked) == {
        "text": "a quiet sea",
        "without": "fog",
        "shape": "custom",
        "w": 1024,
        "h": 1024,
        "n": 8,
        "cfg": 2.5,
        "random_seed": 42,
        "picture": CAT.url,
        "change": 0.5,
        "adapters": [{"path": "https://example.org/a", "scale": 1.0}],
        "quality": {"level": 3},
    }


@pytest.mark.parametrize(
    ("raw", "path", "code"),
    [
        ([], "", "type"),
        (None, "", "type"),
        ({"sze": {}}, "sze", "unknown"),
        ({"size": "size"}, "size", "type"),
        ({"size": {"mode": "big"}}, "size.mode", "value"),
        ({"size": {"mode": ["size"]}}, "size.mode", "value"),
        ({"size": {}}, "size.mode", "value"),
        ({"size": {"mode": "size", "ratios": ["1:1"]}}, "size.ratios", "unknown"),
        ({"size": {"mode": "size", "sizes": ["1024x1024"]}}, "size.sizes", "value"),
        ({"size": {"mode": "size", "sizes": ["512*512", "512*512"]}}, "size.sizes", "duplicate"),
        ({"size": {"mode": "aspect_ratio"}}, "size.ratios", "required"),
        ({"size": {"mode": "aspect_ratio", "ratios": ["0:1"]}}, "size.ratios", "value"),
        ({"size": {"mode": "custom", "min": 1.5}}, "size.min", "range"),
        ({"size": {"mode": "custom", "min": True}}, "size.min", "range"),
        ({"size": {"mode": "custom", "min": 512, "max": 256}}, "size.max", "range"),
        ({"size": {"mode": "match_input_image"}}, "sources.min", "required"),
        ({"sources": {}}, "sources.field", "required"),
        ({"sources": {"field": "image", "max": 3}}, "sources.max", "range"),
        ({"sources": {"field": "images", "list": "yes"}}, "sources.list", "type"),
        (
            {"sources": {"field": "images", "list": True, "min": 3, "max": 2}},
            "sources.min",
            "range",
        ),
        ({"seed": None}, "seed", "name"),
        ({"seed": "a seed"}, "seed", "name"),
        ({"seed": "x", "steps": "x"}, "seed", "duplicate"),
        ({"fixed": {"prompt": "always this"}}, "fixed.prompt", "duplicate"),
        ({"size": {"mode": "size"}, "fixed": {"size": "1*1"}}, "fixed.size", "duplicate"),
        ({"fixed": {"a": float("nan")}}, "fixed", "type"),
        ({"fixed": {"a": "x" * 5_000}}, "fixed", "too_long"),
        ({"strength": "strength"}, "sources", "required"),
        *(
            ({"images": path}, "images", "path")
            for path in ("", "data[0].url", "data..url", ".url", "$.url", "a" * 201, "url\n", 1)
        ),
    ],
)
def test_it_refuses_what_cannot_be_sent_and_says_where(raw, path, code):
    with pytest.raises(RequestFormatError) as caught:
        parse_request_format(raw)
    assert (path, code) in [(problem.path, problem.code) for problem in caught.value.problems]


def test_it_needs_a_format_for_a_public_endpoint():
    for request_format in (None, {"size": {"mode": "big"}}):
        with pytest.raises(PayloadError):
            build(request_format)
