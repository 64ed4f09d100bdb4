"""JSON that others send: its depth and its parts are counted before it is parsed.

`[],` has 3 bytes, and takes 72 of memory as a list.
"""

import json
import math
import secrets
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 50
"""Levels of nested objects and lists; the deepest reply we know, of worker-comfyui, has 6."""
MAX_PARTS = 100_000
"""Strings, brackets and commas; quotes that are escaped count, too."""
BRACKETS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
BACKSLASH = ord("\\")
WINDOW = 1024 * 1024
OTHER_BYTES = bytes(set(range(256)) - set(b"[]{},"))


class TooDeep(json.JSONDecodeError):
    """The text has more levels of objects and lists than it may."""


class TooManyParts(json.JSONDecodeError):
    """The text has more than MAX_PARTS."""


class UnreadableNumber(json.JSONDecodeError):
    """The text has a number of thousands of digits, or one that is none: 1e400, NaN."""


class BoundedDecoder(json.JSONDecoder):
    """For `json.loads(…, cls=BoundedDecoder)` and fields of forms; raises JSONDecodeError alone.

    With `parse_float=float` and `parse_constant=float` it reads infinite numbers and NaN.
    """

    def __init__(self, *, max_depth: int = MAX_DEPTH, **options: Any) -> None:
        super().__init__(**{"parse_float": _finite, "parse_constant": _finite} | options)
        self.max_depth = max_depth

    def decode(self, text: str, *args: Any) -> Any:
        """Return the value."""
        for _string in _strings(text.encode("utf-8", "surrogatepass"), max_depth=self.max_depth):
            pass
        try:
            return super().decode(text, *args)
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            raise UnreadableNumber(str(error), text, 0) from error


def without_long_strings(raw: bytes, *, longest: int) -> tuple[bytes, dict[str, memoryview]]:
    """Return the text with names in place of its long strings, and these by name, as they are.

    Raises JSONDecodeError.
    """
    secret, view, end = secrets.token_hex(), memoryview(raw), 0
    kept, cut = list[bytes | memoryview](), dict[str, memoryview]()
    for start, stop in _strings(raw, max_depth=MAX_DEPTH):
        if stop - start > longest:
            name = f"{secret} {len(cut)}"
            cut[name] = view[start:stop]
            kept += [view[end:start], name.encode()]
            end = stop
    return b"".join([*kept, view[end:]]), cut


def _strings(raw: bytes, *, max_depth: int) -> Iterator[tuple[int, int]]:
    """Yield where the content of each string begins and ends."""
    parts = depth = 0
    end = -1
    while True:
        start = raw.find(b'"', end + 1)
        stop = len(raw) if start < 0 else start
        for at in range(end + 1, stop, WINDOW):
            structure = raw[at : min(at + WINDOW, stop)].translate(None, OTHER_BYTES)
            parts += len(structure)
            if parts > MAX_PARTS:
                raise TooManyParts("Too many parts", "", 0)
            for byte in structure:
                depth += BRACKETS.get(byte, 0)
                if depth > max_depth:
                    raise TooDeep("Nested too deeply", "", 0)
        if start < 0:
            return
        end, is_escaped = start, True
        while is_escaped:
            parts += 1
            before, end = end + 1, raw.find(b'"', end + 1)
            if parts > MAX_PARTS:
                raise TooManyParts("Too many parts", "", 0)
            if end < 0:
                return
            piece = raw[before:end] if raw[end - 1] == BACKSLASH else b""
            is_escaped = (len(piece) - len(piece.rstrip(b"\\"))) % 2 == 1
        yield start + 1, end


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number
