"""`make run MODEL=FILE`: a model on this machine beside the demo's."""

from pathlib import Path

import pytest

from generation.testing import random_weights
from generation.testing.servers.demo import QUICK, Demo, follow
from generation.testing.services import free_port

pytestmark = [
    pytest.mark.release("generation/local_models/", "deploy/demo.py"),
    pytest.mark.cyllama,
    pytest.mark.limit(900),
]
ORDER = {"prompt": "a pier", "width": 256, "height": 256, "steps": 2, "guidance": 1}


def test_it_makes_images_with_the_model_and_with_the_demos(tmp_path: Path) -> None:
    weights = tmp_path / "random.safetensors"
    random_weights.write(weights)
    demo = Demo(tmp_path / "data", *QUICK)
    demo.environment |= {"MODEL": str(weights), "MODEL_PORT": str(free_port())}
    with demo, demo.socket() as socket:
        ids = [
            demo.ask("post", "jobs/", json=order).json()["id"]
            for order in (ORDER | {"model": "local-random"}, {**ORDER, "model": "flux-schnell"})
        ]
        states = follow(socket, set(ids))
        local, drawn = (states[each][-1] for each in ids)
        assert (local["status"], local["credits"]) == ("succeeded", 0), local
        assert drawn["status"] == "succeeded"
        steps = {state["step"] for state in states[ids[0]] if state["status"] == "running"}
        assert 1 in steps, "progress reaches the card"
        image = demo.ask("get", f"jobs/{ids[0]}/").json()["images"][0]
        assert (image["width"], image["height"]) == (256, 256)
    assert demo.process.returncode == 0, demo.output
    assert demo.left_over() == []
    weights.unlink()
