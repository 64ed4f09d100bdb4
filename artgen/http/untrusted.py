"""JSON and texts that other servers send, checked before anything else reads them."""

import json
from collections.abc import Mapping
from typing import Any

from artgen.bounded_json import BoundedDecoder


class InvalidJSON(ValueError):
    """The text is not valid JSON, or has too many or too deep parts to be read."""


def parse_json(text: str | bytes) -> Any:
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig", "surrogatepass")
        return json.loads(text, cls=BoundedDecoder, parse_float=float, parse_constant=float)
    except ValueError as error:
        raise InvalidJSON("not valid JSON") from error


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
