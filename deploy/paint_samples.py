"""Paint the sample images of models, styles and example prompts with the demo painter.

    python deploy/paint_samples.py

Run it after adding a model or a style to generation/catalog/catalog.toml. Without a sample, the
first letter is shown.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from generation.demo.painter import paint  # noqa: E402

STATIC = ROOT / "generation" / "static" / "generation"
Finish = Callable[[Image.Image], Image.Image]


def plain(image: Image.Image) -> Image.Image:
    """Return the image unchanged."""
    return image


def washed(image: Image.Image) -> Image.Image:
    """Watercolor: soft edges, pale colors."""
    soft = image.filter(ImageFilter.MedianFilter(7)).filter(ImageFilter.SMOOTH_MORE)
    return ImageEnhance.Brightness(ImageEnhance.Color(soft).enhance(0.9)).enhance(1.08)


def brushed(image: Image.Image) -> Image.Image:
    """Oil: patches of one color."""
    return ImageEnhance.Color(image.filter(ImageFilter.ModeFilter(11))).enhance(1.15)


def inked(image: Image.Image) -> Image.Image:
    """Ink: two tones."""
    gray = ImageOps.autocontrast(ImageOps.grayscale(image), cutoff=4)
    return ImageOps.colorize(
        gray.point(lambda tone: 255 * tone**3 // (tone**3 + 118**3)), "#1b1c22", "#f6f3ea"
    )


def filmed(image: Image.Image) -> Image.Image:
    """Film: deeper contrast."""
    return ImageEnhance.Contrast(image).enhance(1.12)


def pixelated(image: Image.Image) -> Image.Image:
    """Pixels: 44 × 44 in 24 colors."""
    return (
        image.resize((44, 44), Image.Resampling.BOX)
        .quantize(24)
        .convert("RGB")
        .resize(image.size, Image.Resampling.NEAREST)
    )


SAMPLES: dict[str, list[tuple[str, str, int, tuple[int, int], Finish]]] = {
    "models": [
        ("flux-schnell", "a canyon of layered colored paper, sunset colors", 3, (176, 176), plain),
        ("flux-dev", "mountain ridges at dusk, violet haze", 7, (176, 176), plain),
        ("qwen-image", "three ceramic vases, warm wall, window light", 12, (176, 176), plain),
        ("z-image-turbo", "a drop of iridescent glass on black", 4, (176, 176), plain),
        ("p-image", "bold geometry, circles and stripes", 5, (176, 176), plain),
        ("seedream-4", "northern lights over a lake", 2, (176, 176), plain),
        ("wan-2-6", "city at night in the rain", 6, (176, 176), plain),
        ("flux-kontext", "white arcade by the sea, an orange sphere", 8, (176, 176), plain),
        ("qwen-image-edit", "pink arcade by the sea, stairs", 21, (176, 176), plain),
        ("qwen-image-edit-2511", "a cat on a window sill", 9, (176, 176), plain),
        ("seedream-4-edit", "dunes at sunset", 11, (176, 176), plain),
        ("p-image-edit", "a coral flower on black", 13, (176, 176), plain),
        (
            "nano-banana",
            "a yellow vase with three bananas, sunny window, warm wall",
            51,
            (176, 176),
            plain,
        ),
        ("nano-banana-2", "tea hills in morning mist, rows of bushes", 52, (176, 176), plain),
        ("nano-banana-pro", "a jellyfish glowing in the deep sea", 53, (176, 176), plain),
        ("qwen-image-lora", "a blue vase with cotton branches, green wall", 54, (176, 176), washed),
        (
            "qwen-image-edit-2511-lora",
            "a cabin in a snowy forest at night",
            55,
            (176, 176),
            brushed,
        ),
        ("sdxl", "birch forest in autumn", 14, (176, 176), plain),
        ("sdxl-turbo", "liquid marble, magenta and gold", 15, (176, 176), plain),
        ("a1111", "a lighthouse at dusk", 16, (176, 176), plain),
        ("comfyui", "flowing lines, emerald on black", 17, (176, 176), plain),
        ("sdxl-inpaint", "a fox in a snow village at dusk", 61, (176, 176), plain),
        ("upscaler", "a bird on a branch, autumn", 62, (176, 176), plain),
        ("flux-fill", "a castle above a lake, sunset", 63, (176, 176), plain),
    ],
    "styles": [
        ("photo", "a lighthouse on a rock at dusk, calm sea", 31, (176, 176), plain),
        ("watercolor", "mountain ridges in mist, teal", 32, (176, 176), washed),
        ("gouache", "a blue vase with cotton branches, green wall", 33, (176, 176), plain),
        ("oil", "a field with a tree under a summer sky", 34, (176, 176), brushed),
        ("ink", "a forest in fog", 35, (176, 176), inked),
        ("paper", "a canyon of layered paper, orange and teal", 36, (176, 176), plain),
        ("film", "city at night in the rain, red", 37, (176, 176), filmed),
        ("pixel", "moon over the sea", 38, (176, 176), pixelated),
    ],
    "examples": [
        ("tea", "tea hills in morning mist, rows of bushes, warm light", 41, (480, 360), plain),
        (
            "vase",
            "a dark vase with cotton branches, long shadows from a window",
            42,
            (480, 360),
            plain,
        ),
        ("canyon", "a canyon of layered colored paper, seen from above", 43, (480, 360), plain),
    ],
}


NIGHT = ROOT / "artgen" / "static" / "artgen" / "night.webp"


def main() -> None:
    """Write the samples below generation/static/generation, and the image of the error pages."""
    for kind, samples in SAMPLES.items():
        (STATIC / kind).mkdir(parents=True, exist_ok=True)
        for name, prompt, seed, size, finish in samples:
            image = paint(prompt=prompt, width=size[0] * 2, height=size[1] * 2, seed=seed)
            finish(image).resize(size, Image.Resampling.LANCZOS).save(
                STATIC / kind / f"{name}.webp", quality=80, method=6
            )
    night = paint(
        prompt="moon over the sea at night, a sailing boat", width=800, height=1000, seed=2
    )
    night.save(NIGHT, quality=80, method=6)


if __name__ == "__main__":
    main()
