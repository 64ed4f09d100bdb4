"""artgen.processes.daphne, daphne with a limit for what comes in alone."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

MOST = 65_536  # of deploy/start.sh


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Greet with far more than anybody may send, then tell the size of each message."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": json.dumps({"jobs": "ж" * 1_000_000})})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": str(len(message["text"]))})


@contextlib.contextmanager
def connected() -> Iterator[ClientConnection]:
    """Yield a socket to a daphne that runs until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [
            "-e",
            f"fd:fileno={listener.fileno()}",
            "--websocket-max-message-size",
            str(MOST),
        ]
        process = subprocess.Popen(
            [sys.executable, "-m", "artgen.processes.daphne", *command, f"{__name__}:application"],
            pass_fds=[listener.fileno()], cwd=settings.BASE_DIR, env=dict(os.environ),
        )  # fmt: skip
        try:
            address = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
            with connect(address, max_size=None, open_timeout=None, compression=None) as opened:
                yield opened
        finally:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_it_sends_a_snapshot_that_is_larger_than_what_it_takes_in() -> None:
    with connected() as opened:
        assert len(json.loads(opened.recv())["jobs"]) == 1_000_000
        opened.send("a" * MOST)
        assert opened.recv() == str(MOST)
        opened.send("a" * (MOST + 1))
        with pytest.raises(ConnectionClosedError):
            opened.recv()
