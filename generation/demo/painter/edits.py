"""Changes of a source image: repainted by words, in a part, extended, enlarged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from .colors import NAMED_COLORS, tinted
from .composing import relit
from .finishes import FINISHES
from .scene import Scene
from .weather import add_things, add_weather, in_season

Size = tuple[int, int]

DEFAULT_STRENGTH = 0.6
KEPT = "same composition"
"""The words of a prompt that asks for little change."""
SLIGHT = 0.1  # how far such a prompt moves the image
CONTINUED = "seamless"
"""The word of a prompt that asks for the surroundings instead of something new."""
HALF = 128
SEEN = 4  # of 255: the soft edge of a mask belongs to the area
DETAIL = 1.0  # of 255: below, an area is a smear that the service put around an image
MIN_SIDE = 64  # px: a smaller part would show nothing of what is painted


def repaint(
    sources: Sequence[Image.Image], scene: Scene, *, size: Size, rng: Random, strength: float | None
) -> Image.Image:
    """Return the first source changed by the words of the scene; a second one lends its colors.

    `strength` 0..1 is how far the image may move from its source. Words that name no change give
    it another light and medium, chosen by the generator.
    """
    amount = DEFAULT_STRENGTH if strength is None else max(0.0, min(1.0, strength))
    source = _fitted(sources[0], size)
    image = source
    if len(sources) > 1:
        image = _recolored(image, _fitted(sources[1], size), 0.85 * amount)
    before = image
    if scene.season:
        image = in_season(image, scene.season, rng, min(1.0, amount * 1.4))
    if scene.time or scene.has("moon", "stars", "aurora"):
        image = relit(image, scene.time or "night", min(0.9, 0.2 + amount))
    for color in scene.colors[:1]:
        image = tinted(image, NAMED_COLORS[color], 0.7 * amount)
    if scene.has("moon", "stars", "aurora", "birds"):
        image = add_things(image.copy(), scene, rng, _sky(source))
    image = add_weather(image, scene, rng, min(1.0, 0.3 + amount))
    if image is before and not (scene.moods or scene.finishes) and len(sources) == 1:
        light = rng.choice(("dawn", "sunset", "dusk"))
        medium = FINISHES[rng.choice(("gouache", "watercolor", "paper_cut"))]
        image = Image.blend(image, medium(relit(image, light, 0.45), rng), min(1.0, 1.6 * amount))
    return image


def _fitted(source: Image.Image, size: Size) -> Image.Image:
    upright = ImageOps.exif_transpose(source).convert("RGB")
    return ImageOps.fit(upright, size, Image.Resampling.LANCZOS)


def _recolored(image: Image.Image, other: Image.Image, amount: float) -> Image.Image:
    """Return the image with the other's mean and deviation per channel (Reinhard et al., 2001)."""
    planes = []
    for plane, goal in zip(image.split(), other.split(), strict=True):
        own, new = ImageStat.Stat(plane), ImageStat.Stat(goal)
        factor = max(0.6, min(1.6, new.stddev[0] / max(1.0, own.stddev[0])))
        mean, aim = own.mean[0], new.mean[0]
        planes.append(plane.point([round((v - mean) * factor + aim) for v in range(256)]))
    return Image.blend(image, Image.merge("RGB", planes), amount)


def _sky(image: Image.Image) -> Image.Image:
    """Return where ("L") the image looks like sky: smooth, in its upper part."""
    gray = image.convert("L")
    busy = ImageChops.difference(gray, gray.filter(ImageFilter.GaussianBlur(3)))
    busy = busy.filter(ImageFilter.GaussianBlur(image.height * 0.012))
    calm = busy.point(lambda value: max(0, min(255, 255 - (value - 3) * 60)))
    upper = ImageOps.flip(Image.linear_gradient("L")).resize(image.size)
    return ImageChops.multiply(calm, upper.point(lambda v: max(0, min(255, (v - 90) * 3))))


def enlarge(source: Image.Image, size: Size) -> Image.Image:
    """Return the image at this size, sharpened as an upscaling model would."""
    large = source.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    radius = max(1.0, size[0] / source.width * 0.7)
    return large.filter(ImageFilter.UnsharpMask(radius=radius, percent=110, threshold=2))


def repaint_part(
    source: Image.Image,
    mask: Image.Image,
    *,
    size: Size,
    prompt: str,
    paint: Callable[[Size], Image.Image],
) -> Image.Image:
    """Return the source at this size, repainted where the mask is white and nowhere else.

    A mask around the image, over a smear, continues the image outward; a prompt with CONTINUED
    fills the area from its surroundings. Else the area shows what `paint` returns for it.
    """
    image = source.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    area = mask.convert("L").resize(size, Image.Resampling.BILINEAR)
    box = area.point(lambda value: 255 if value >= SEEN else 0).getbbox()
    if box is None:
        return image
    if (kept := _kept_box(area)) and _is_smooth(image, outside=kept):
        new = _mirrored(image, kept)
    elif CONTINUED in prompt.lower():
        new = _filled(image, area)
    else:
        new = _placed(image, box, paint)
    return Image.composite(new, image, area)


def _kept_box(area: Image.Image) -> tuple[int, int, int, int] | None:
    """Return the rectangle that the mask surrounds; None if it is not such a mask."""
    kept = area.point(lambda value: 255 if value < HALF else 0)
    box = kept.getbbox()
    if box is None or box == (0, 0, *area.size):
        return None
    return box if ImageStat.Stat(kept.crop(box)).mean[0] > 250 else None


def _is_smooth(image: Image.Image, *, outside: tuple[int, int, int, int]) -> bool:
    """Return whether nothing is drawn yet outside of a box: an image to extend, not to change."""
    gray = image.convert("L")
    detail = ImageChops.difference(gray, gray.filter(ImageFilter.BoxBlur(1)))
    around = Image.new("L", image.size, 255)
    left, top, right, bottom = outside
    around.paste(0, (max(0, left - 2), max(0, top - 2), right + 2, bottom + 2))
    return around.getbbox() is None or ImageStat.Stat(detail, around).mean[0] < DETAIL


def _mirrored(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """Return the part in the box, continued outside of it by its mirror images."""
    part = image.crop(box)
    result = Image.new("RGB", image.size)
    for row in range(-box[1] // part.height, -(-image.height // part.height)):
        for column in range(-box[0] // part.width, -(-image.width // part.width)):
            tile = ImageOps.mirror(part) if column % 2 else part
            tile = ImageOps.flip(tile) if row % 2 else tile
            result.paste(tile, (box[0] + column * part.width, box[1] + row * part.height))
    return result


def _placed(
    image: Image.Image, box: tuple[int, int, int, int], paint: Callable[[Size], Image.Image]
) -> Image.Image:
    """Return the image with a painting over the box, which grows where it is too small."""
    left, top, right, bottom = box
    width = min(image.width, max(MIN_SIDE, right - left))
    height = min(image.height, max(MIN_SIDE, bottom - top))
    left = max(0, min(image.width - width, (left + right - width) // 2))
    top = max(0, min(image.height - height, (top + bottom - height) // 2))
    new = image.copy()
    new.paste(paint((width, height)), (left, top))
    return new


def _filled(image: Image.Image, area: Image.Image) -> Image.Image:
    """Return the image with the area filled from its edges inward, coarse to fine (push-pull).

    Pillow weights pixels by their alpha when it scales, so each level averages known pixels only.
    """
    known = image.copy()
    known.putalpha(area.point(lambda value: 255 if value < SEEN else 0))
    levels = [known]
    while min(levels[-1].size) > 1:
        size = (max(1, levels[-1].width // 2), max(1, levels[-1].height // 2))
        levels.append(levels[-1].resize(size, Image.Resampling.BOX))
    color = levels[-1].resize((1, 1), Image.Resampling.BOX).convert("RGB")
    result = color.resize(levels[-1].size).convert("RGBA")
    for level in reversed(levels):
        result = result.resize(level.size, Image.Resampling.BILINEAR)
        result = Image.alpha_composite(result, level)
    return result.convert("RGB")
