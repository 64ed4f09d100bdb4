"""ComfyUI templates.

Placeholders are filled with typed values, and staff see the errors of a template.
"""

import base64
import copy

import pytest

from generation.demo.emulator.comfyui_graphs import read_graph
from generation.providers import payloads
from generation.providers.payloads import InputImage, PayloadError, WorkflowError, check_workflow
from generation.testing.rows.payloads import CAT, DOG, WORKFLOW, parameters


def edited():
    """A template that starts from two pictures."""
    workflow = copy.deepcopy(WORKFLOW)
    workflow["10"] = {"class_type": "LoadImage", "inputs": {"image": "{{image_1}}"}}
    workflow["11"] = {"class_type": "LoadImage", "inputs": {"image": "{{ image_2 }}"}}
    workflow["3"]["inputs"]["denoise"] = "{{strength}}"
    return workflow


def test_it_fills_slots_with_typed_values_and_leaves_the_template_alone():
    before = copy.deepcopy(WORKFLOW)
    built = payloads.build(
        "comfyui", parameters(negative_prompt="fog", width=832, height=1216), workflow=WORKFLOW
    )
    assert built.keys() == {"workflow"}
    graph = built["workflow"]
    assert graph["3"]["inputs"]["seed"] == 42
    assert graph["5"]["inputs"] == {"width": 832, "height": 1216, "batch_size": 1}
    assert graph["6"]["inputs"]["text"] == "masterpiece, a quiet sea"
    assert graph["7"]["inputs"]["text"] == "fog"
    assert graph["3"]["inputs"]["positive"] == ["6", 0]
    assert before == WORKFLOW


def test_it_fills_an_empty_negative_prompt():
    graph = payloads.build("comfyui", parameters(), workflow=WORKFLOW)["workflow"]
    assert graph["7"]["inputs"]["text"] == ""


def test_it_does_not_read_slots_in_what_a_user_wrote():
    graph = payloads.build(
        "comfyui", parameters(prompt="{{seed}} \\1 {{nothing}}"), workflow=WORKFLOW
    )["workflow"]
    assert graph["6"]["inputs"]["text"] == "masterpiece, {{seed}} \\1 {{nothing}}"


def test_it_sends_sources_as_data_under_the_names_that_are_loaded():
    same_name = InputImage(url="", name="cat.png", data=DOG.data)
    built = payloads.build(
        "comfyui", parameters(strength=0.4), sources=[CAT, same_name], workflow=edited()
    )
    assert [image["name"] for image in built["images"]] == ["1_cat.png", "2_cat.png"]
    assert (
        built["images"][0]["image"]
        == "data:image/png;base64," + base64.b64encode(CAT.data).decode()
    )
    assert built["images"][1]["image"].startswith("data:image/jpeg;base64,")
    assert built["workflow"]["10"]["inputs"]["image"] == "1_cat.png"
    assert built["workflow"]["11"]["inputs"]["image"] == "2_cat.png"
    assert built["workflow"]["3"]["inputs"]["denoise"] == 0.4


def test_it_names_the_node_whose_slot_has_no_value():
    with pytest.raises(WorkflowError) as caught:
        payloads.build("comfyui", parameters(), sources=[CAT, DOG], workflow=edited())
    assert caught.value.node_id == "3"
    assert "{{strength}}" in str(caught.value)


def test_it_refuses_a_source_that_the_template_has_no_place_for():
    with pytest.raises(WorkflowError, match="image_1"):
        payloads.build("comfyui", parameters(), sources=[CAT], workflow=WORKFLOW)
    with pytest.raises(WorkflowError, match="image_2"):
        payloads.build("comfyui", parameters(strength=0.5), sources=[CAT], workflow=edited())


def test_it_needs_a_workflow_and_the_bytes_of_its_sources():
    with pytest.raises(WorkflowError):
        payloads.build("comfyui", parameters())
    with pytest.raises(PayloadError, match="bytes"):
        payloads.build(
            "comfyui",
            parameters(),
            sources=[InputImage(url="https://x/", name="a")],
            workflow=edited(),
        )


def test_it_finds_nothing_wrong_with_a_good_template():
    assert check_workflow(WORKFLOW) == []
    assert check_workflow(edited()) == []


def changed(node, **fields):
    workflow = copy.deepcopy(WORKFLOW)
    workflow[node] = workflow.get(node, {}) | fields
    return workflow


@pytest.mark.parametrize(
    ("workflow", "problem"),
    [
        (None, "must be a JSON object"),
        ([], "must be a JSON object"),
        ({}, "must be a JSON object"),
        ({"nodes": [], "links": []}, "editor's format"),
        (changed("6", class_type=None), "Node 6: class_type is missing"),
        (changed("6", inputs=[]), "Node 6: inputs must be an object"),
        (changed("6", inputs={"text": "{{prompts}}"}), "Node 6: unknown slot {{prompts}}"),
        (changed("6", inputs={"text": "fixed"}), "No node uses {{prompt}}"),
        (changed("3", inputs={"seed": 1}), "No node uses {{seed}}"),
        (
            changed("3", inputs={"seed": "{{seed}}", "positive": ["66", 0]}),
            "linked to node 66, which does not exist",
        ),
        (changed("9", class_type="PreviewImage"), "No node saves an image"),
        (changed("10", class_type="LoadImage", inputs={"image": "{{image_2}}"}), "without a gap"),
    ],
)
def test_it_tells_staff_what_is_wrong(workflow, problem):
    problems = check_workflow(workflow)
    assert any(problem in text for text in problems), problems
    with pytest.raises(WorkflowError):
        payloads.build(
            "comfyui", parameters(), workflow=workflow if isinstance(workflow, dict) else {}
        )


def test_it_is_read_by_the_emulated_worker_as_by_comfyui():
    built = payloads.build(
        "comfyui", parameters(negative_prompt="fog", width=832, height=1216), workflow=WORKFLOW
    )
    graph = read_graph(built["workflow"])
    assert (graph.prompt, graph.negative_prompt) == ("masterpiece, a quiet sea", "fog")
    assert (graph.width, graph.height, graph.seed, graph.steps) == (832, 1216, 42, 20)
