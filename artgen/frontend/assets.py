"""Static files under names that say what is in them, so that browsers may keep them for a year."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, ClassVar

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from artgen.frontend import bundles

# `from "./x.js"` and `import "./x.js"`. Django's own pattern wants a semicolon, and reads other people's bundles too.
IMPORT = r"""(?P<matched>(?P<before>\b(?:from|import)\s*)["'](?P<url>\.{1,2}/[^"']+\.js)["'])"""
OURS = ("artgen/*.js", "accounts/*.js", "generation/*.js")


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Bundle our scripts and style sheets, and hash what these import, too.

    So a page of the new version never gets a module of the old one. The files without a hash in their name stay as they
    are written.
    """

    patterns: ClassVar = (
        *CompressedManifestStaticFilesStorage.patterns,
        *((ours, ((IMPORT, '%(before)s"%(url)s"'),)) for ours in OURS),
    )

    def post_process(self, paths: dict[str, tuple[Storage, str]], *args: Any, **kwargs: Any) -> Any:
        """Name and compress the files; those that are bundled, with what the bundle holds."""
        read = _Source(paths)
        texts = Texts({**bundles.scripts(paths, read), **bundles.sheets(paths, read)})
        return super().post_process(
            paths | {name: (texts, name) for name in texts.contents}, *args, **kwargs
        )

    def compress_files(self, paths: Iterable[str]) -> Any:
        """Compress what pages ask for: names with a hash, no parts of bundles; of two sizes, the small one."""
        asked = {
            hashed
            for name, hashed in self.hashed_files.items()
            if f"{PurePosixPath(name).with_suffix('')}.min{PurePosixPath(name).suffix}"
            not in self.hashed_files
            and not bundles.PART.fullmatch(name)
        }
        return super().compress_files(asked.intersection(paths))


class Texts(Storage):
    """Files that are nowhere but here."""

    def __init__(self, contents: dict[str, str]) -> None:
        self.contents = contents

    def _open(self, name: str, mode: str = "rb") -> "ContentFile[bytes]":
        return ContentFile(self.contents[name].encode())


class _Source:
    """Reads the static files that are being collected."""

    def __init__(self, paths: dict[str, tuple[Storage, str]]) -> None:
        self.paths = paths

    def __call__(self, name: str) -> str:
        storage, path = self.paths[name]
        with storage.open(path) as file:
            return str(file.read().decode())
