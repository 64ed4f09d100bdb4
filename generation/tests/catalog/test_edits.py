"""Edits of an image: what a request may say, the size of the result, the shipped workflows."""

import json
from pathlib import Path

import pytest

from generation.catalog import edit_sizes, model_validation, offers
from generation.catalog.catalog_file import read_catalog
from generation.catalog.offers import InvalidParameters, Offer, Parameter
from generation.catalog.source_roles import formats_from
from generation.providers.payloads import check_workflow

# The inputs that the nodes require: https://github.com/comfyanonymous/ComfyUI (nodes.py,
# comfy_extras/), and those of IP-Adapter: https://github.com/cubiq/ComfyUI_IPAdapter_plus
NODES = {
    "Canny": {"image", "low_threshold", "high_threshold"},
    "CLIPTextEncode": {"text", "clip"},
    "CLIPVisionEncode": {"clip_vision", "image", "crop"},
    "CLIPVisionLoader": {"clip_name"},
    "CheckpointLoaderSimple": {"ckpt_name"},
    "ConditioningZeroOut": {"conditioning"},
    "ControlNetApplyAdvanced": {
        "positive", "negative", "control_net", "image", "strength", "start_percent", "end_percent",
    },
    "ControlNetLoader": {"control_net_name"},
    "DifferentialDiffusion": {"model"},
    "DualCLIPLoader": {"clip_name1", "clip_name2", "type"},
    "EmptyLatentImage": {"width", "height", "batch_size"},
    "EmptySD3LatentImage": {"width", "height", "batch_size"},
    "FluxGuidance": {"conditioning", "guidance"},
    "IPAdapterAdvanced": {
        "model", "ipadapter", "image", "weight", "weight_type", "combine_embeds", "start_at", "end_at",
        "embeds_scaling",
    },
    "IPAdapterUnifiedLoader": {"model", "preset"},
    "ImageCompositeMasked": {"destination", "source", "x", "y", "resize_source", "mask"},
    "ImageScale": {"image", "upscale_method", "width", "height", "crop"},
    "ImageUpscaleWithModel": {"upscale_model", "image"},
    "InpaintModelConditioning": {
        "positive", "negative", "vae", "pixels", "mask", "noise_mask",
    },
    "KSampler": {
        "seed", "steps", "cfg", "sampler_name", "scheduler", "denoise", "model", "positive",
        "negative", "latent_image",
    },
    "LoadImage": {"image"},
    "LoadImageMask": {"image", "channel"},
    "SaveImage": {"filename_prefix", "images"},
    "StyleModelApply": {
        "conditioning", "style_model", "clip_vision_output", "strength", "strength_type",
    },
    "StyleModelLoader": {"style_model_name"},
    "UNETLoader": {"unet_name", "weight_dtype"},
    "UpscaleModelLoader": {"model_name"},
    "VAEDecode": {"samples", "vae"},
    "VAELoader": {"vae_name"},
}  # fmt: skip

WORKFLOWS = sorted((Path(offers.__file__).parent / "workflows").glob("*.json"))
SOURCE = "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a"
MASK = "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6b"
BASE = {"slug": "x", "name": "X", "dialect": "comfyui"}
UPSCALER = Offer(
    **BASE, parameters={"scale": Parameter(default=2, choices=(2, 4))}, max_source_images=1,
    min_source_images=1,
)  # fmt: skip
FILLER = Offer(**BASE, parameters={"mask": Parameter()}, max_source_images=1, min_source_images=1)
EDITOR = Offer(
    **{**BASE, "dialect": "public"}, parameters={"mask": Parameter()}, max_source_images=1
)
PLAIN = Offer(**BASE, parameters={})
SIDES = {"left": 50, "top": 0, "right": 0, "bottom": 100}


def codes(offer, **request):
    """Return the codes of a refused request by field, {} if it is accepted."""
    try:
        offer.clean({"source_images": [SOURCE], **request})
    except InvalidParameters as refused:
        return {error.field: error.code for error in refused.errors}
    return {}


def test_it_upscales_without_a_prompt_by_the_choices_of_the_model():
    assert UPSCALER.clean({"source_images": [SOURCE]})["scale"] == 2
    assert UPSCALER.clean({"source_images": [SOURCE], "scale": 4})["prompt"] == ""
    assert codes(UPSCALER, scale=3) == {"scale": "choices"}
    assert codes(UPSCALER, source_images=[]) == {"source_images": "required"}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"prompt": "a hat", "mask": MASK}, {}),
        ({"mask": MASK, "erase": True}, {}),
        ({"outpaint": SIDES}, {}),
        ({"prompt": "a hat"}, {"mask": "required"}),
        ({"mask": MASK}, {"prompt": "required"}),
        ({"erase": True}, {"mask": "required"}),
        ({"mask": MASK, "outpaint": SIDES}, {"outpaint": "conflict"}),
        ({"erase": True, "outpaint": SIDES}, {"erase": "conflict"}),
        ({"outpaint": {"left": 0}}, {"outpaint": "min_value"}),
        ({"outpaint": {"left": 101}}, {"outpaint": "max_value"}),
        ({"outpaint": {"left": True}}, {"outpaint": "max_value"}),
        ({"outpaint": {"middle": 5}}, {"outpaint": "unknown_field"}),
        ({"prompt": "x", "outpaint": [5]}, {"outpaint": "invalid"}),
        ({"prompt": "x", "mask": 5}, {"mask": "invalid"}),
        ({"prompt": "x", "mask": ""}, {"mask": "required"}),
        ({"prompt": "x", "mask": MASK, "erase": 1}, {"erase": "invalid"}),
    ],
)
def test_it_wants_the_area_in_exactly_one_way(request_, expected):
    found = codes(FILLER, **request_)
    assert {name: found.get(name) for name in expected} == expected
    assert bool(found) == bool(expected)


def test_a_model_that_edits_by_words_needs_no_mask():
    assert codes(EDITOR, prompt="snow") == {}
    assert codes(EDITOR, prompt="snow", mask=MASK) == {}
    assert codes(EDITOR, prompt="snow", mask="") == {"mask": "required"}
    assert not EDITOR.is_tool
    assert FILLER.is_tool
    assert UPSCALER.is_tool


def test_other_models_refuse_edits():
    request = {"prompt": "x", "mask": MASK, "erase": True, "outpaint": SIDES, "scale": 2}
    found = codes(PLAIN, **request, source_images=[])
    assert found == dict.fromkeys(("mask", "erase", "outpaint", "scale"), "not_supported")
    assert codes(PLAIN, prompt="x", erase=False, source_images=[]) == {}
    # Only a text may be empty: the OpenAPI document says the same.
    empty = {"mask": "", "erase": "", "outpaint": "", "scale": "", "lora_url": ""}
    found = codes(PLAIN, prompt="x", **empty, source_images=[])
    assert found == dict.fromkeys(("mask", "erase", "outpaint", "scale"), "not_supported")


class TestSize:
    def test_it_multiplies_what_is_upscaled_up_to_a_limit(self):
        assert edit_sizes.size_from(UPSCALER, {"scale": 4}, source=(1000, 501)) == (4000, 2004)
        with pytest.raises(InvalidParameters) as refused:
            edit_sizes.size_from(UPSCALER, {"scale": 4}, source=(2048, 2048))
        assert [error.code for error in refused.value.errors] == ["too_large"]

    def test_it_keeps_the_size_where_a_part_is_changed(self):
        size = edit_sizes.size_from(FILLER, {"mask": MASK}, source=(1328, 1328))
        assert size == (1328, 1328)
        assert edit_sizes.size_from(FILLER, {"mask": MASK}, source=(1021, 7)) == (1016, 8)

    def test_it_reduces_what_is_too_large_for_the_model(self):
        width, height = edit_sizes.size_from(FILLER, {"mask": MASK}, source=(4096, 2048))
        assert width == 2 * height
        assert width * height <= edit_sizes.MASKED_PIXELS

    def test_it_grows_by_the_extended_sides(self):
        parameters = {"outpaint": SIDES, "mask": ""}
        assert edit_sizes.size_from(FILLER, parameters, source=(400, 200)) == (600, 400)


class TestWorkflows:
    def test_each_is_that_of_a_model_whose_jobs_can_be_built(self):
        models = [one for one in read_catalog()["models"] if one["slug"] in SHIPPED]
        assert [one["workflow"] for one in models] == [
            json.loads((WORKFLOWS[0].parent / SHIPPED[one["slug"]]).read_text()) for one in models
        ]
        for one in models:
            parameters = {
                name: offers.parameter_from(raw) for name, raw in one["parameters"].items()
            }
            offer = Offer(
                **{**BASE, "slug": one["slug"]}, parameters=parameters,
                min_source_images=1, max_source_images=1,
                roles=formats_from(one.get("roles", {})),
            )  # fmt: skip
            assert model_validation.problems(offer, workflow=one["workflow"]) == {}
        assert {file.name for file in WORKFLOWS} == set(SHIPPED.values())

    @pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
    def test_it_is_a_graph_of_nodes_that_every_comfyui_has(self, file):
        workflow = json.loads(file.read_text())
        assert check_workflow(workflow) == []
        for node in workflow.values():
            assert set(node["inputs"]) == NODES[node["class_type"]]
            assert node["_meta"]["title"]


SHIPPED = {
    "upscaler": "esrgan-upscale.json",
    "flux-fill": "flux-fill.json",
    "sdxl-inpaint": "sdxl-inpaint.json",
    "sdxl-canny": "sdxl-canny.json",
    "sdxl-ip-adapter": "sdxl-ip-adapter.json",
    "flux-redux": "flux-redux.json",
}
