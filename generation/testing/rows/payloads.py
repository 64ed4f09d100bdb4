"""Job parameters and source images for every kind of worker, and the payloads they must become.

A kind is a dialect of self-hosted workers, or the emulator's name for public endpoints that take
the same input.
"""

from typing import Any

from generation.catalog.catalog_file import read_catalog
from generation.demo.emulator.worker_rules import PUBLIC_ENDPOINTS
from generation.providers import payloads
from generation.providers.payloads import PUBLIC, InputImage, Parameters

FORMATS = {
    PUBLIC_ENDPOINTS[table["endpoint_id"]]: table["request_format"]
    for table in read_catalog()["models"]
    if table["dialect"] == PUBLIC
}


def dialect_of(kind: str) -> str:
    return PUBLIC if kind in FORMATS else kind


def build(kind: str, wanted: Parameters, **options: Any) -> dict[str, Any]:
    return payloads.build(
        dialect_of(kind), wanted, **{"request_format": FORMATS.get(kind), **options}
    )


CAT = InputImage(
    url="https://storage.example/cat.png?X-Amz-Signature=1", name="cat.png", data=b"\x89PNG"
)
DOG = InputImage(url="https://storage.example/dog.jpg", name="dog.jpg", data=b"\xff\xd8\xff")
WORKFLOW = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": "{{seed}}",
            "steps": 20,
            "positive": ["6", 0],
            "negative": ["7", 0],
            "denoise": 1,
        },
    },
    "5": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": "{{width}}", "height": "{{height}}", "batch_size": 1},
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "masterpiece, {{prompt}}"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{negative_prompt}}"}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ArtGen"}},
}


def parameters(**changes):
    return Parameters(
        **{"prompt": "a quiet sea", "width": 1024, "height": 1024, "seed": 42} | changes
    )


INPUTS = {
    "flux": (
        {"negative_prompt": "fog", "steps": 28, "guidance": 3.5, "width": 1024, "height": 768},
        (),
        {
            "prompt": "a quiet sea",
            "negative_prompt": "fog",
            "width": 1024,
            "height": 768,
            "num_inference_steps": 28,
            "guidance": 3.5,
            "seed": 42,
            "image_format": "png",
        },
    ),
    "kontext": (
        {"steps": 28, "guidance": 2.0, "width": 1024, "height": 768},
        (CAT,),
        {
            "prompt": "a quiet sea",
            "size": "1024*768",
            "num_inference_steps": 28,
            "guidance": 2.0,
            "seed": 42,
            "image": CAT.url,
            "output_format": "png",
            "enable_safety_checker": True,
        },
    ),
    "qwen": (
        {"negative_prompt": "fog", "height": 768},
        (),
        {
            "prompt": "a quiet sea",
            "negative_prompt": "fog",
            "size": "1024*768",
            "seed": 42,
            "enable_safety_checker": True,
        },
    ),
    "qwen_edit": (
        {"negative_prompt": "fog"},
        (CAT,),
        {
            "prompt": "a quiet sea",
            "negative_prompt": "fog",
            "seed": 42,
            "image": CAT.url,
            "output_format": "png",
            "enable_safety_checker": True,
        },
    ),
    "qwen_edit_2511": (
        {"width": 1280, "height": 1536},
        (CAT, DOG),
        {
            "prompt": "a quiet sea",
            "size": "1280*1536",
            "seed": 42,
            "images": [CAT.url, DOG.url],
            "output_format": "png",
        },
    ),
    "seedream": (
        {"width": 2048, "height": 2048},
        (),
        {"prompt": "a quiet sea", "size": "2048*2048", "seed": 42, "enable_safety_checker": True},
    ),
    "seedream_edit": (
        {},
        (CAT, DOG),
        {
            "prompt": "a quiet sea",
            "size": "1024*1024",
            "images": [CAT.url, DOG.url],
            "enable_safety_checker": True,
        },
    ),
    "z_image": (
        {"width": 1280, "height": 720, "strength": 0.6},
        (CAT,),
        {
            "prompt": "a quiet sea",
            "size": "1280*720",
            "seed": 42,
            "image": CAT.url,
            "strength": 0.6,
            "output_format": "png",
            "enable_safety_checker": True,
        },
    ),
    "p_image": (
        {"width": 1344, "height": 768},
        (),
        {
            "prompt": "a quiet sea",
            "aspect_ratio": "custom",
            "width": 1344,
            "height": 768,
            "seed": 42,
            "disable_safety_checker": False,
        },
    ),
    "p_image_edit": (
        {},
        (CAT, DOG),
        {
            "prompt": "a quiet sea",
            "aspect_ratio": "match_input_image",
            "seed": 42,
            "images": [CAT.url, DOG.url],
            "disable_safety_checker": False,
        },
    ),
    "wan": (
        {"width": 1440},
        (),
        {"prompt": "a quiet sea", "size": "1440*1024", "seed": 42, "enable_safety_checker": True},
    ),
    "a1111": (
        {"steps": 25, "guidance": 7.0, "negative_prompt": "fog"},
        (),
        {
            "prompt": "a quiet sea",
            "negative_prompt": "fog",
            "width": 1024,
            "height": 1024,
            "seed": 42,
            "batch_size": 1,
            "steps": 25,
            "cfg_scale": 7.0,
        },
    ),
    "sdxl": (
        {"steps": 25, "guidance": 7.5, "strength": 0.3},
        (CAT,),
        {
            "prompt": "a quiet sea",
            "negative_prompt": "",
            "width": 1024,
            "height": 1024,
            "seed": 42,
            "num_images": 1,
            "num_inference_steps": 25,
            "guidance_scale": 7.5,
            "image_url": CAT.url,
            "strength": 0.3,
        },
    ),
    "sdxl_turbo": (
        {"steps": 1, "guidance": 0.0, "width": 512, "height": 512},
        (),
        {
            "prompt": "a quiet sea",
            "seed": 42,
            "num_images": 1,
            "num_inference_steps": 1,
            "guidance_scale": 0.0,
        },
    ),
}
