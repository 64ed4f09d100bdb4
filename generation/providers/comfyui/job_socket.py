"""What ComfyUI says of a job while it runs: steps, and the image so far.

https://docs.comfy.org/development/comfyui-server/comms_messages. Each job has a socket of its own,
by its id, so every message on it is about this job. A lost socket costs the preview, never the job.
"""

import logging
import socket
import ssl
import struct
import threading
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from artgen.http.untrusted import InvalidJSON, parse_json
from generation.providers.access import BearerAccess
from generation.providers.job_report import JobReport, RemoteState

log = logging.getLogger(__name__)

IDLE_SECONDS = 30.0  # then `on_report` is asked whether the job is still waited for
MAX_MESSAGE_BYTES = 8_000_000
PREVIEW = 1  # the kind of a binary message; an image format and the image follow
ENDS = {"execution_success", "execution_error", "execution_interrupted"}


def watch(
    access: BearerAccess,
    remote_id: str,
    *,
    on_report: Callable[[JobReport], None],
    connect_seconds: float,
) -> None:
    """Pass on what the server says of the job, from a thread of its own.

    What `on_report` raises ends it.
    """
    values = (access, remote_id, on_report, connect_seconds)
    threading.Thread(target=_watch, args=values, daemon=True, name="comfyui-socket").start()


def _watch(
    access: BearerAccess,
    remote_id: str,
    on_report: Callable[[JobReport], None],
    connect_seconds: float,
) -> None:
    try:
        with _connection(access, remote_id, connect_seconds) as connection:
            _read(connection, remote_id, on_report)
    except (OSError, WebSocketException) as error:
        log.info("no previews of a job: %s", access.scrub(repr(error)), extra={"job": remote_id})
    except Exception as error:  # noqa: BLE001 the job does not depend on it
        log.info("the previews of a job end: %r", error, extra={"job": remote_id})


def _connection(access: BearerAccess, remote_id: str, seconds: float) -> ClientConnection:
    url = urllib.parse.urlsplit(access.address("ws"))
    is_secure = url.scheme == "https"
    port = url.port or (443 if is_secure else 80)
    scheme = "wss" if is_secure else "ws"
    # With a socket that is already connected, redirects are refused.
    return connect(
        url._replace(scheme=scheme, query=f"clientId={remote_id}").geturl(),
        sock=socket.create_connection((url.hostname, port), timeout=seconds),
        ssl=ssl.create_default_context() if is_secure else None,
        additional_headers={**access.headers, **access.key_header},
        user_agent_header=None,
        open_timeout=seconds,
        compression=None,
        max_size=MAX_MESSAGE_BYTES,
        legacy=True,
    )


def _read(
    connection: ClientConnection, remote_id: str, on_report: Callable[[JobReport], None]
) -> None:
    progress = 0.0
    while True:
        try:
            message = connection.recv(timeout=IDLE_SECONDS)
        except TimeoutError:
            on_report(JobReport(remote_id, RemoteState.QUEUED))
            continue
        if isinstance(message, bytes):
            if len(message) > 8 and struct.unpack_from(">I", message)[0] == PREVIEW:
                on_report(JobReport(remote_id, RemoteState.RUNNING, output=message[8:]))
            continue
        kind, data = _event(message)
        if kind in ENDS and data.get("prompt_id") == remote_id:
            return
        step, steps = data.get("value"), data.get("max")
        if kind == "progress" and type(step) is type(steps) is int and 0 < step <= steps:
            # Each node counts its own steps; what the job has never goes back.
            progress = max(progress, step / steps)
            on_report(
                JobReport(remote_id, RemoteState.RUNNING, progress=progress, step=step, steps=steps)
            )


def _event(message: str) -> tuple[str, Mapping[str, Any]]:
    try:
        event = parse_json(message.encode())
    except InvalidJSON:
        return "", {}
    data = event.get("data") if isinstance(event, dict) else None
    return (str(event.get("type")), data) if isinstance(data, dict) else ("", {})
