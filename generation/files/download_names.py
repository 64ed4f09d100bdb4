"""File names of downloaded images."""

from django.utils.text import slugify

from generation.models import Image

PROMPT_LENGTH = 48  # characters of the prompt in the name


def filename(image: Image, *, extension: str = "", stem: str = "") -> str:
    """Return a name such as "tea-hills-in-morning-mist-7.png": prompt, seed, extension.

    `image` was fetched with its origin. `extension` replaces that of the file,
    `stem` prompt and seed.
    """
    extension = extension or image.key.rpartition(".")[2]
    if stem:
        return f"{stem}.{extension}"
    words = slugify(image.prompt, allow_unicode=True)[:PROMPT_LENGTH].strip("-_") or "artgen"
    # A saved copy may have no seed; the end of its id is random.
    number = image.id.hex[-6:] if image.seed is None else image.seed
    return f"{words}-{number}.{extension}"


class UniqueNames:
    """Make the names in one folder unique, ignoring case."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def give(self, name: str) -> str:
        """Return the name, with -2, -3, … before the extension if it was used before."""
        key = name.casefold()
        count = self._given[key] = self._given.get(key, 0) + 1
        if count == 1:
            return name
        stem, _dot, extension = name.rpartition(".")
        return self.give(f"{stem}-{count}.{extension}")
