"""`make run MODEL=FILE`: a model on this machine beside the demo's."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generation.testing import random_weights
from generation.testing.servers.demo import FINAL, QUICK, Demo, follow
from generation.testing.services import free_port

pytestmark = [
    pytest.mark.release("generation/local_models/", "deploy/demo.py"),
    pytest.mark.cyllama,
    pytest.mark.limit(900),
]
LOCAL = "local-random"
ORDER = {"prompt": "a pier", "width": 256, "height": 256, "steps": 2, "guidance": 1}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("local")
    weights = folder / "random.safetensors"
    random_weights.write(weights)
    demo = Demo(folder / "data", *QUICK)
    demo.environment |= {"MODEL": str(weights), "MODEL_PORT": str(free_port())}
    with demo:
        yield demo
    assert demo.process.returncode == 0, demo.output
    assert demo.left_over() == []
    weights.unlink()


def kill_server(demo: Demo) -> None:
    """Kill the server of the model, and not the process that holds its weights."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        command = file.read_text().split("\0")
        if "local_model" in command and demo.environment["MODEL"] in command:
            os.kill(int(file.parent.name), signal.SIGKILL)


def ended(demo: Demo, job_id: str, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        job = demo.ask("get", f"jobs/{job_id}/?wait=60", headers=headers).json()
        if job["status"] in FINAL:
            return job


def test_it_makes_images_with_the_model_and_with_the_demos(demo: Demo) -> None:
    with demo.socket() as socket:
        ids = [
            demo.ask("post", "jobs/", json=order).json()["id"]
            for order in (ORDER | {"model": LOCAL}, {**ORDER, "model": "flux-schnell"})
        ]
        states = follow(socket, set(ids))
    local, drawn = (states[each][-1] for each in ids)
    assert (local["status"], local["credits"]) == ("succeeded", 0), local
    assert drawn["status"] == "succeeded"
    steps = {state["step"] for state in states[ids[0]] if state["status"] == "running"}
    assert 1 in steps, "progress reaches the card"
    image = demo.ask("get", f"jobs/{ids[0]}/").json()["images"][0]
    assert (image["width"], image["height"]) == (256, 256)


def test_a_killed_server_costs_one_job_and_no_credits(demo: Demo) -> None:
    demo.commands(
        ("set_model", LOCAL, 'price={"per_image": 5, "minimum": 5}'),
        ("create_user", "guest@example.org", "--credits", "50"),
    )
    guest = demo.command("issue_token", "guest@example.org")
    before = demo.ask("get", "account/").json()["credits"]
    with demo.socket() as socket:
        order = ORDER | {"model": LOCAL, "steps": 50}
        broken = demo.ask("post", "jobs/", json=order).json()["id"]
        headers = {"Authorization": f"Bearer {guest}"}
        waiting = demo.ask("post", "jobs/", json=ORDER | {"model": LOCAL}, headers=headers).json()[
            "id"
        ]
        while True:
            job = json.loads(socket.recv()).get("job", {})
            if job.get("id") == broken and job["step"]:
                break
        kill_server(demo)
    job = ended(demo, broken, demo.token)
    assert (job["status"], job["error"]["code"], job["attempt"]) == ("failed", "perhaps_paid", 1)
    assert demo.ask("get", "account/").json()["credits"] == before
    assert ended(demo, waiting, guest)["status"] == "succeeded"
    assert demo.ask("get", "account/", headers=headers).json()["credits"] == 45
    demo.command("check_ledger")
