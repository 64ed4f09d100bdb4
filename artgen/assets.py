"""Static files under names that say what is in them, so that browsers may keep them for a year."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, ClassVar

from whitenoise.storage import CompressedManifestStaticFilesStorage

# `from "./x.js"` and `import "./x.js"`. Django's own pattern wants a semicolon, and reads other people's bundles too.
IMPORT = r"""(?P<matched>(?P<before>\b(?:from|import)\s*)["'](?P<url>\.{1,2}/[^"']+\.js)["'])"""
OURS = ("artgen/*.js", "accounts/*.js", "generation/*.js")


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hash our scripts' imports of each other, too: a page of the new version never gets a module of the old one."""

    patterns: ClassVar = (
        *CompressedManifestStaticFilesStorage.patterns,
        *((ours, ((IMPORT, '%(before)s"%(url)s"'),)) for ours in OURS),
    )

    def compress_files(self, paths: Iterable[str]) -> Any:
        """Compress what pages ask for: the names with a hash; of what comes in two sizes, the small one."""
        asked = {
            hashed
            for name, hashed in self.hashed_files.items()
            if f"{PurePosixPath(name).with_suffix('')}.min{PurePosixPath(name).suffix}" not in self.hashed_files
        }
        return super().compress_files(asked.intersection(paths))
