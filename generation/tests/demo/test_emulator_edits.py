"""The emulated workers and the painter change what the mask covers, and nothing else."""

import io

import numpy as np
import pytest
from PIL import Image

from generation.catalog.catalog_file import read_catalog
from generation.catalog.source_roles import formats_from, in_slots
from generation.demo.emulator.painters import tiny_png
from generation.demo.painter import PaintRequest, paint
from generation.providers import payloads
from generation.providers.payloads import InputImage, Parameters
from generation.testing.rows.image_files import png_of
from generation.testing.servers.emulator import run

pytestmark = pytest.mark.release("generation/demo/")

CATALOG = read_catalog()["models"]
MODELS = {one["slug"]: one["workflow"] for one in CATALOG if "workflow" in one}
SIZE = (320, 192)
BOX = (100, 40, 220, 150)


def mask(box=BOX, size=SIZE):
    area = Image.new("L", size, 0)
    area.paste(255, box)
    return area


def painted(prompt, *, size=SIZE, seed=4, source=None, mask=None, scale=1):
    return paint(
        PaintRequest(
            prompt=prompt, width=size[0], height=size[1], seed=seed, scale=scale,
            sources=(png_of(source),) if source else (), mask=png_of(mask) if mask else None,
        )
    )  # fmt: skip


def photo():
    return painted("a lake at dawn", seed=3)


def is_changed(before, after):
    """Return where two images differ, by pixel."""
    first, second = (np.asarray(one.convert("RGB"), np.int16) for one in (before, after))
    return np.abs(first - second).max(axis=2) > 0


def made(emulator, client, slug, *, source, area=None, scale=None, size=SIZE):
    """Return the image that an emulated worker makes."""
    parameters = Parameters(
        prompt="a red boat", width=size[0], height=size[1], seed=5, steps=20, guidance=5,
        scale=scale,
    )  # fmt: skip
    body = payloads.build(
        "comfyui", parameters, sources=[InputImage("", "image.png", source)],
        mask=InputImage("", "mask.png", area) if area else None, workflow=MODELS[slug],
    )  # fmt: skip
    endpoint = f"own-{slug}"
    runpod_id = run(client, endpoint=endpoint, body=body)
    emulator.advance(5)
    result = payloads.read("comfyui", client.status(endpoint, runpod_id))
    return Image.open(io.BytesIO(result.images[0].data))


@pytest.mark.parametrize("slug", ["sdxl-inpaint", "flux-fill"])
def test_the_worker_changes_the_masked_area_alone(emulator, client, slug):
    source = Image.open(io.BytesIO(tiny_png(*SIZE, 9)))
    result = made(emulator, client, slug, source=tiny_png(*SIZE, 9), area=png_of(mask()))
    changed = is_changed(source, result)
    inside = np.asarray(mask()) > 0
    assert result.size == SIZE
    assert not changed[~inside].any()
    assert changed[inside].any()


@pytest.mark.parametrize("scale", [2, 4])
def test_the_worker_enlarges(emulator, client, scale):
    size = (SIZE[0] * scale, SIZE[1] * scale)
    source = tiny_png(*SIZE, 9)
    result = made(emulator, client, "upscaler", source=source, scale=scale, size=size)
    assert result.size == size
    before = Image.open(io.BytesIO(source)).convert("RGB").resize((16, 16), Image.Resampling.BOX)
    after = result.convert("RGB").resize((16, 16), Image.Resampling.BOX)
    difference = np.asarray(before, np.int16) - np.asarray(after, np.int16)
    assert np.abs(difference).max() < 16


def test_the_worker_gets_the_composition_where_its_edges_are_found(emulator, client):
    roles = formats_from(next(one for one in CATALOG if one["slug"] == "sdxl-canny")["roles"])
    sources = in_slots([InputImage("", "a.png", tiny_png(64, 64, 1))], ["composition"], roles)
    parameters = Parameters(prompt="a boat", width=512, height=768, seed=5, steps=20, guidance=5)
    body = payloads.build("comfyui", parameters, sources=sources, workflow=MODELS["sdxl-canny"])
    graph, node = body["workflow"], "ControlNetApplyAdvanced"
    for kind in ("Canny", "ImageScale", "LoadImage"):
        inputs = next(one["inputs"] for one in graph.values() if one["class_type"] == node)
        assert graph[inputs["image"][0]]["class_type"] == kind
        node = kind
    assert graph["1"]["inputs"]["image"] == body["images"][0]["name"] == "1_a.png"
    runpod_id = run(client, endpoint="own-sdxl-canny", body=body)
    emulator.advance(5)
    result = payloads.read("comfyui", client.status("own-sdxl-canny", runpod_id))
    assert Image.open(io.BytesIO(result.images[0].data)).size == (512, 768)


def test_the_worker_fails_without_the_file_of_the_mask(emulator, client):
    parameters = Parameters(prompt="x", width=64, height=64, seed=5, steps=20, guidance=5)
    body = payloads.build(
        "comfyui", parameters, sources=[InputImage("", "image.png", tiny_png(64, 64, 1))],
        mask=InputImage("", "mask.png", tiny_png(64, 64, 2)), workflow=MODELS["sdxl-inpaint"],
    )  # fmt: skip
    body["images"] = body["images"][:1]
    runpod_id = run(client, endpoint="own-x", body=body)
    emulator.advance(5)
    assert "invalid image file: 0_mask.png" in client.status("own-x", runpod_id).error


@pytest.mark.parametrize(
    "prompt", ["a lighthouse at night", "empty background, seamless continuation"]
)
def test_the_painter_paints_inside_the_mask_alone(prompt):
    source = photo()
    result = painted(prompt, source=source, mask=mask())
    changed = is_changed(source, result)
    inside = np.asarray(mask()) > 0
    assert not changed[~inside].any()
    assert changed[inside].mean() > 0.5


def test_the_painter_continues_the_surroundings_of_what_is_removed():
    source = Image.new("RGB", SIZE, (40, 120, 200))
    source.paste((250, 20, 20), BOX)
    result = painted("seamless background", source=source, mask=mask((96, 36, 224, 154)))
    middle = np.asarray(result.crop(BOX), np.float32).mean(axis=(0, 1))
    assert np.abs(middle - (40, 120, 200)).max() < 6


def test_the_painter_continues_an_image_beyond_its_edges():
    source = photo()
    canvas = Image.new("RGB", (480, 192), "gray")
    canvas.paste(source, (160, 0))
    area = Image.new("L", canvas.size, 255)
    area.paste(0, (160, 0, 480, 192))
    result = painted("a lake", size=(480, 192), source=canvas, mask=area)
    assert not is_changed(canvas, result)[:, 160:].any()
    edge = np.asarray(result, np.int16)
    assert np.abs(edge[:, 159] - edge[:, 160]).mean() < 12


def test_the_painter_changes_a_strip_along_an_edge_instead_of_mirroring_the_image():
    source = photo()
    strip = Image.new("L", SIZE, 0)
    strip.paste(255, (0, 0, SIZE[0], SIZE[1] // 3))
    result = painted("a night sky", source=source, mask=strip)
    top, below = (np.asarray(result, np.float32)[rows] for rows in (slice(63), slice(65, 128)))
    mirrored = np.abs(top - below[::-1]).mean()
    assert mirrored > 20
    assert is_changed(source, result)[: SIZE[1] // 3].mean() > 0.5


def test_the_painter_keeps_the_image_under_an_empty_mask():
    source = photo()
    empty = Image.new("L", SIZE, 0)
    result = painted("x", source=source, mask=empty)
    assert not is_changed(source, result).any()


def test_the_painter_enlarges_its_source():
    source = photo()
    size = (SIZE[0] * 2, SIZE[1] * 2)
    result = painted("x", size=size, source=source, scale=2)
    assert result.size == size
    small = np.asarray(result.resize(SIZE, Image.Resampling.BOX), np.int16)
    assert np.abs(small - np.asarray(source, np.int16)).mean() < 6
