"""What each worker takes: sizes, ranges, sources, fields.

Sources: the model pages below https://docs.runpod.io/public-endpoints/reference, the READMEs of the
workers, and https://wavespeed.ai/models/ID/llms.txt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


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
    prompt: bool = True
    mask: str = ""  # as large as the source; white is repainted
    megapixels: tuple[float, float] | None = None  # of the enlarged source, as target_megapixels

    @property
    def fields(self) -> set[str]:
        """The names that a request may have."""
        sizes = {"width": ("width", "height"), "size": ("size",), "ratio": ("aspect_ratio",)}
        names = {*sizes.get(self.size, ()), *self.numbers, *self.choices}
        optional = {
            "prompt": self.prompt,
            self.mask: self.mask,
            "target_megapixels": self.megapixels,
            self.format_key: self.format_key,
            self.source: self.source,
            self.steps_key: self.steps,
            "seed": self.seed,
            "loras": self.loras,
            "resolution": self.resolutions,
        }
        return names | {name for name, has_it in optional.items() if has_it}


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
_UPSCALER = WorkerRules(
    prompt=False,
    source="image",
    sources=(1, 1),
    megapixels=(1, 1500),
    numbers={"creativity": (0.0, 10.0)},
    format_key="",
    seed=False,
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
    "flux_dev": WorkerRules(
        size="size",
        sides=(256, 1536),
        default_size="",
        steps=(1, 50),
        numbers={"guidance_scale": (1.0, 20.0), "strength": (0.01, 1.0), "num_images": (1, 4)},
        source="image",
        sources=(0, 1),
        mask="mask_image",
        default_steps=28,
        is_strict=True,
    ),
    "crystal": _UPSCALER,
    "creative_upscaler": replace(
        _UPSCALER, megapixels=(1, 64), numbers={"creativity": (-10.0, 10.0)}
    ),
    "background_remover": replace(_UPSCALER, megapixels=None, numbers={}),
    "wavespeed_z_image": WorkerRules(
        size="size", sides=(256, 1536), default_steps=8, loras=True, is_strict=True
    ),
}
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
