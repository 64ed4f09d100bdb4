"""Removes secrets from log lines: those in paths, such as of links in emails, and query strings."""

import re
from pathlib import Path

SECRET_PATHS = Path(__file__).resolve().parent.parent.parent / "nginx" / "secret_paths.txt"
"""Regular expressions of the text before a secret; see `generation.testing.secret_paths`."""

_QUERY_END = r"\s\"'<>\\"
_END = f"{_QUERY_END}?"
_SECRET = re.compile(rf"({'|'.join(SECRET_PATHS.read_text().split())})[^{_END}]+")
# Begins only where a word does: otherwise a word of many slashes would take quadratic time.
_QUERY = re.compile(rf"(?<![^{_END}])([^{_END}]*)\?[^{_QUERY_END}]+")


def redact(line: str) -> str:
    """Return the line with SECRET for the rest of such a path, and QUERY for query strings.

    Signatures of presigned addresses are in query strings.
    """
    if "/" not in line:
        return line
    return _QUERY.sub(_without_query, _SECRET.sub(r"\1SECRET", line))


def _without_query(match: re.Match[str]) -> str:
    return f"{match[1]}?QUERY" if "/" in match[1] else match[0]
