"""Parse an entry of ComfyUI's history, once."""

import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from generation.providers.job_report import JobReport, RemoteState

STARTED, SUCCEEDED = "execution_start", "execution_success"
FAILED, INTERRUPTED = "execution_error", "execution_interrupted"


def parse_entry(entry: Mapping[str, Any], remote_id: str, *, view: str) -> JobReport:
    """Return the report in a job's entry; its files are below the address `view`."""
    status = entry.get("status") or {}
    messages: dict[str, Mapping[str, Any]] = {
        message[0]: message[1]
        for message in status.get("messages") or ()
        if isinstance(message, list) and len(message) == 2 and isinstance(message[1], Mapping)
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
    output = {"images": list(_images(entry.get("outputs"), view))}
    body = {"output": output, "outputs": entry.get("outputs")}
    return JobReport(
        remote_id,
        RemoteState.COMPLETED,
        output=output,
        execution_ms=_ms(messages, SUCCEEDED),
        body=body,
    )


def _images(outputs: object, view: str) -> Iterator[dict[str, str]]:
    """Yield address and name of the saved images, of previews only without any saved."""
    nodes = outputs.values() if isinstance(outputs, Mapping) else ()
    files = [
        file
        for node in nodes
        if isinstance(node, Mapping)
        for file in node.get("images") or ()
        if isinstance(file, Mapping) and isinstance(file.get("filename"), str)
    ]
    saved = [file for file in files if file.get("type") == "output"]
    for file in saved or files:
        asked = {key: str(file.get(key, "")) for key in ("filename", "subfolder", "type")}
        yield {
            "url": f"{view}?{urllib.parse.urlencode(asked)}",
            "filename": file["filename"],
        }


def _error(failure: Mapping[str, Any]) -> str:
    parts = (failure.get(key) for key in ("exception_type", "exception_message"))
    text = ": ".join(str(part).strip() for part in parts if part)
    return f"{text} ({failure['node_type']})" if failure.get("node_type") else text


def _ms(messages: Mapping[str, Mapping[str, Any]], end: str) -> int | None:
    times = [messages.get(name, {}).get("timestamp") for name in (STARTED, end)]
    began, ended = (at if isinstance(at, int) else None for at in times)
    return None if began is None or ended is None else max(0, ended - began)
