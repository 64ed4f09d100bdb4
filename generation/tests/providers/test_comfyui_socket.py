"""Steps and previews of ComfyUI's socket, with the messages that a real one sends."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from generation.jobs.clients import LIMITS
from generation.providers.access import BearerAccess
from generation.providers.comfyui.provider import ComfyUI
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.provider import Order
from generation.testing.comfyui_server import ComfyUIServer, Socket

JPEG = b"\xff\xd8\xff\xe0 of a preview"
Submit = Callable[..., Socket]


@pytest.fixture
def server() -> Iterator[ComfyUIServer]:
    with ComfyUIServer() as server:
        yield server


@pytest.fixture
def submit(server: ComfyUIServer) -> Submit:
    def submit(on_report: Callable[[JobReport], None]) -> Socket:
        comfyui = ComfyUI(
            access=BearerAccess(server.address, "of-the-proxy", more_headers={"X-Site": "a"}),
            limits=LIMITS,
        )
        order = Order(
            endpoint_id="main",
            input={"workflow": {}},
            webhook=None,
            remote_id=str(uuid4()),
            on_report=on_report,
        )
        submission = comfyui.submit(order)
        socket = server.sockets.get()
        assert socket.client_id == submission.remote_id == server.pending[-1][1]
        return socket

    return submit


def test_it_passes_on_steps_and_previews_until_the_job_ends(
    server: ComfyUIServer, submit: Submit
) -> None:
    reports: list[JobReport] = []
    socket = submit(reports.append)
    socket.say("executing", {"node": "2"})  # to a socket that comes late, without an id
    socket.step(1, 4)
    socket.preview(JPEG)
    socket.step(3, 4)
    socket.step(1, 2)  # of the next sampler
    for strange in ([], None, {"value": True, "max": 4}, {"value": "1", "max": 0}):
        socket.say("progress", strange)
    socket.succeed()
    socket.closed.wait()
    assert [(report.progress, report.step, report.steps, report.output) for report in reports] == [
        (0.25, 1, 4, None),
        (None, None, None, JPEG),
        (0.75, 3, 4, None),
        (0.75, 1, 2, None),
    ]
    assert {report.state for report in reports} == {RemoteState.RUNNING}
    assert server.headers["Authorization"] == "Bearer of-the-proxy"
    assert server.headers["X-Site"] == "a"


def test_it_stops_listening_when_nobody_waits_for_the_job(submit: Submit) -> None:
    def refuse(report: JobReport) -> None:
        raise ValueError("the job has ended")

    socket = submit(refuse)
    socket.step(1, 4)
    socket.closed.wait()


def test_a_redirect_of_the_socket_is_not_followed(server: ComfyUIServer, submit: Submit) -> None:
    """It might lead into a private network, and would get the key."""
    with ComfyUIServer() as other:
        server.redirects_to = other.address
        socket = submit(lambda _report: None)
        socket.closed.wait()
        assert other.calls == []
