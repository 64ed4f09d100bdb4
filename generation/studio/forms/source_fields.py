"""The fields of source images in forms: an image is ID, or ID:ROLE."""

from collections.abc import Iterable, Mapping, Sequence

from generation.catalog.source_roles import EDIT


def read(texts: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Return the ids, and the roles by id; a file that is not uploaded yet has no id."""
    images = [text.partition(":") for text in texts]
    sources = [source for source, _colon, _role in images if source]
    return sources, {source: role for source, _colon, role in images if source and role}


def roles_of(sources: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Return the role of each image for a request, [] if none has one."""
    return [roles.get(source, EDIT) for source in sources] if roles else []
