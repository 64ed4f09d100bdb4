"""Texts of fields: numbers as people type them; source images, each ID or ID:ROLE."""

from collections.abc import Iterable, Mapping, Sequence

from generation.catalog.source_roles import EDIT


def is_whole(text: str) -> bool:
    """Return whether the text is a whole number of at most 12 digits."""
    return text.isascii() and text.isdigit() and len(text) <= 12


def whole(text: str) -> int | str | None:
    """Return the whole number, None if the text is empty, the text if it is not a whole number."""
    text = text.strip()
    if not text:
        return None
    return int(text) if is_whole(text.removeprefix("-")) else text


def decimal(text: str) -> float | str | None:
    """Return the number, None if the text is empty, the text if it is not a number."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def read_sources(texts: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Return the ids, and the roles by id; a file that is not uploaded yet has no id."""
    images = [text.partition(":") for text in texts]
    sources = [source for source, _colon, _role in images if source]
    return sources, {source: role for source, _colon, role in images if source and role}


def roles_of(sources: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Return the role of each image for a request, [] if none has one."""
    return [roles.get(source, EDIT) for source in sources] if roles else []
