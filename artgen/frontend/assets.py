"""Static files with a hash in their names, which browsers can cache for a year."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, ClassVar

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from artgen.frontend import bundles

# `from "./x.js"` and `import "./x.js"`. Django's pattern needs a semicolon and also matches
# in third-party bundles.
IMPORT = r"""(?P<matched>(?P<before>\b(?:from|import)\s*)["'](?P<url>\.{1,2}/[^"']+\.js)["'])"""
OURS = ("artgen/*.js", "accounts/*.js", "generation/*.js")


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Bundle our scripts and style sheets, and hash the files that they import.

    So a page of a new version never gets a module of an old one. Files without a hash in their name
    remain unchanged.
    """

    patterns: ClassVar = (
        *CompressedManifestStaticFilesStorage.patterns,
        *((ours, ((IMPORT, '%(before)s"%(url)s"'),)) for ours in OURS),
    )

    def post_process(
        self, paths: dict[str, tuple[Storage, str]], *args: object, **kwargs: object
    ) -> Any:
        read = _Source(paths)
        bundled = MemoryStorage({**bundles.scripts(paths, read), **bundles.sheets(paths, read)})
        return super().post_process(
            paths | {name: (bundled, name) for name in bundled.contents}, *args, **kwargs
        )

    def compress_files(self, paths: Iterable[str]) -> Any:
        """Compress what pages request: hashed names, minified versions, no parts of bundles."""
        requested = {
            hashed
            for name, hashed in self.hashed_files.items()
            if f"{PurePosixPath(name).with_suffix('')}.min{PurePosixPath(name).suffix}"
            not in self.hashed_files
            and not bundles.PART.fullmatch(name)
        }
        return super().compress_files(requested.intersection(paths))


class MemoryStorage(Storage):
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
