"""Parse ComfyUI's replies, once. A part of an unexpected shape is as one that is absent."""

import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from artgen.http.untrusted import storable
from generation.providers.job_report import JobReport, RemoteState, milliseconds

STARTED, SUCCEEDED = "execution_start", "execution_success"
FAILED, INTERRUPTED = "execution_error", "execution_interrupted"
QUEUES = {"queue_pending": RemoteState.QUEUED, "queue_running": RemoteState.RUNNING}
GIGABYTE = 1024**3


def parse_queue(queue: Mapping[str, Any]) -> dict[str, RemoteState]:
    """Return the states of the jobs that wait or run, by id."""
    return {
        item[1]: state
        for key, state in QUEUES.items()
        for item in _list(queue.get(key))
        if isinstance(item, list) and len(item) > 1 and isinstance(item[1], str)
    }


def parse_entry(entry: Mapping[str, Any], remote_id: str, *, view: str) -> JobReport:
    """Return the report in a job's entry of the history; its files are below the address `view`."""
    status = _object(entry.get("status"))
    messages: dict[str, Mapping[str, Any]] = {
        message[0]: _object(message[1])
        for message in _list(status.get("messages"))
        if isinstance(message, list) and len(message) == 2 and isinstance(message[0], str)
    }
    if INTERRUPTED in messages:
        return JobReport(remote_id, RemoteState.CANCELED, execution_ms=_ms(messages, INTERRUPTED))
    if status.get("status_str") == "error" or FAILED in messages:
        return JobReport(
            remote_id,
            RemoteState.FAILED,
            error=_error(messages.get(FAILED, {})),
            execution_ms=_ms(messages, FAILED),
        )
    outputs = _object(entry.get("outputs"))
    output = {"images": list(_images(outputs, view))}
    return JobReport(
        remote_id,
        RemoteState.COMPLETED,
        output=output,
        execution_ms=_ms(messages, SUCCEEDED),
        body={"output": output, "outputs": outputs},
    )


def parse_machine(stats: Mapping[str, Any]) -> str:
    """Return version, GPUs and their free memory, for staff."""
    parts = [f"ComfyUI {_object(stats.get('system')).get('comfyui_version', '')}".strip()]
    for device in map(_object, _list(stats.get("devices"))):
        free, total = device.get("vram_free"), device.get("vram_total")
        memory = ""
        if isinstance(free, int) and isinstance(total, int) and 0 <= free <= total < 2**60:
            memory = f": {free / GIGABYTE:.1f} of {total / GIGABYTE:.1f} GB free"
        parts.append(f"{device.get('name')}{memory}")
    return ", ".join(parts)


def parse_choices(info: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the inputs of a node that take one of several values, with these values."""
    inputs = _object(info.get("input"))
    choices = {}
    for group in ("required", "optional"):
        for name, spec in _object(inputs.get(group)).items():
            kind, *more = _list(spec) or [None]
            if kind == "COMBO" and more:
                kind = _object(more[0]).get("options")
            if isinstance(kind, list):
                choices[name] = kind
    return choices


def _images(outputs: Mapping[str, Any], view: str) -> Iterator[dict[str, str]]:
    """Yield address and name of the saved images, of previews only without any saved."""
    files = [
        file
        for node in map(_object, outputs.values())
        for file in map(_object, _list(node.get("images")))
        if isinstance(file.get("filename"), str)
    ]
    saved = [file for file in files if file.get("type") == "output"]
    for file in saved or files:
        asked = {key: storable(str(file.get(key, ""))) for key in ("filename", "subfolder", "type")}
        yield {"url": f"{view}?{urllib.parse.urlencode(asked)}", "filename": asked["filename"]}


def _error(failure: Mapping[str, Any]) -> str:
    parts = (failure.get(key) for key in ("exception_type", "exception_message"))
    text = ": ".join(str(part).strip() for part in parts if part)
    return storable(f"{text} ({failure['node_type']})" if failure.get("node_type") else text)


def _ms(messages: Mapping[str, Mapping[str, Any]], end: str) -> int | None:
    began, ended = (messages.get(name, {}).get("timestamp") for name in (STARTED, end))
    if isinstance(began, int) and isinstance(ended, int):
        return milliseconds(max(0, ended - began))
    return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
