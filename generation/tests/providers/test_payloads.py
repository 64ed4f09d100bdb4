"""Every kind of worker gets the input that it documents."""

import pytest

from generation.demo.emulator.input_validation import understand
from generation.demo.emulator.worker_rules import PUBLIC_ENDPOINTS
from generation.providers import payloads
from generation.providers.payloads import DIALECTS, InputImage, PayloadError
from generation.testing.rows.payloads import (
    CAT,
    DOG,
    FORMATS,
    INPUTS,
    WORKFLOW,
    build,
    dialect_of,
    parameters,
)


def test_it_is_tested_with_every_dialect():
    assert {*INPUTS, "comfyui"} >= set(DIALECTS)


@pytest.mark.parametrize("dialect", INPUTS)
def test_it_builds_the_documented_input(dialect):
    changes, sources, expected = INPUTS[dialect]
    built = build(dialect, parameters(**changes), sources=sources)
    assert built == expected
    for endpoint in [name for name, kind in PUBLIC_ENDPOINTS.items() if kind == dialect] or ["own"]:
        body = built | ({"num_inference_steps": 4} if endpoint.endswith("schnell") else {})
        assert understand(dialect, endpoint, body).prompt == "a quiet sea"


@pytest.mark.parametrize("dialect", INPUTS)
def test_it_leaves_out_what_the_model_is_to_decide(dialect):
    chosen = payloads.dialect_of(dialect_of(dialect), FORMATS.get(dialect))
    width, height = chosen.sizes[0] if chosen.sizes else (1024, 1024)
    sources = [CAT] * chosen.min_sources
    built = build(dialect, parameters(width=width, height=height), sources=sources)
    assert (
        not {"num_inference_steps", "steps", "guidance", "guidance_scale", "cfg_scale", "strength"}
        & built.keys()
    )
    assert None not in built.values()


@pytest.mark.parametrize(
    ("dialect", "changes", "sources"),
    [
        ("wan", {"negative_prompt": "fog"}, ()),
        ("wan", {"width": 512, "height": 512}, ()),
        ("seedream", {"steps": 20}, ()),
        ("qwen", {"guidance": 4.0}, ()),
        ("flux", {"strength": 0.5}, ()),
        ("flux", {}, (CAT,)),
        ("kontext", {}, ()),
        ("kontext", {}, (CAT, DOG)),
        ("p_image_edit", {}, (CAT,) * 6),
        ("qwen_edit_2511", {}, (CAT,) * 4),
        ("kontext", {}, (InputImage(url="", name="cat.png", data=b"1"),)),
        ("nonsense", {}, ()),
    ],
)
def test_it_refuses_what_the_dialect_cannot_carry(dialect, changes, sources):
    with pytest.raises(PayloadError):
        build(dialect, parameters(**changes), sources=sources)


def test_it_takes_no_workflow_for_another_dialect():
    with pytest.raises(PayloadError):
        build("wan", parameters(), workflow=WORKFLOW)
