"""Sections of a document that commands write between markers."""

from pathlib import Path


def put_into(path: Path, *, name: str, command: str, text: str) -> None:
    """Replace the text between the markers of this name; raise ValueError without markers.

    The markers are `<!-- NAME: … -->` and `<!-- NAME: end -->`.
    """
    document, end_marker = path.read_text(encoding="utf-8"), f"<!-- {name}: end -->"
    start, end = document.find(f"<!-- {name}:"), document.find(end_marker)
    if start < 0 or start == end or end < 0:
        raise ValueError(f"{path} has no markers of {name!r}.")
    new = f"<!-- {name}: written by `{command}` -->\n\n{text}\n\n"
    path.write_text(document[:start] + new + document[end:], encoding="utf-8")
