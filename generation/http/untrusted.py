"""JSON and texts that other servers send, checked before anything else reads them."""

import json
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 50
"""Levels of nested objects and lists; the deepest reply we know, of worker-comfyui, has 6."""


class InvalidJSON(ValueError):
    """The text is not valid JSON, or nested too deeply to be read recursively."""


def parse_json(text: str | bytes) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidJSON("not valid JSON") from error
    level = [value]
    for _depth in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise InvalidJSON(f"nested more than {MAX_DEPTH} levels deep")


def _inside(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def shortened(value: object, *, max_text: int) -> Any:
    """Return the value with long strings cut, such as images in base64."""
    match value:
        case str() if len(value) > max_text:
            return f"{value[:max_text]}… ({len(value)} characters)"
        case Mapping():
            return {key: shortened(item, max_text=max_text) for key, item in value.items()}
        case list() | tuple():
            return [shortened(item, max_text=max_text) for item in value]
        case _:
            return value


def storable(text: str) -> str:
    """Return the text without what PostgreSQL cannot store: NUL and unpaired surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
