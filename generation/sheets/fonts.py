"""Which font file has a sign: those of the interface, then the fonts that are installed.

The fonts of the interface have Latin and Cyrillic. Debian's packages fonts-noto-core,
fonts-wqy-microhei and fonts-symbola have the other scripts, Chinese, Japanese and Korean, and
emoji; none of them is required.
"""

import unicodedata
from functools import cached_property, lru_cache
from pathlib import Path

from PIL import ImageFont

import artgen

FOLDER = Path(artgen.__file__).parent / "static" / "artgen" / "fonts"
LATIN, CYRILLIC = FOLDER / "onest-5.3.1-latin.woff2", FOLDER / "onest-5.3.1-cyrillic.woff2"
INSTALLED = (  # the first one that has the sign is used; before them, Noto's font of its script
    "NotoSans-Regular.ttf",
    "wqy-microhei.ttc",
    "NotoSansCJK-Regular.ttc",
    "DroidSansFallbackFull.ttf",
    "Symbola_hint.ttf",
    "DejaVuSans.ttf",
)
NONCHARACTER = "\U0010ffff"  # no font has it: it is drawn as what is missing
SIZE = 16  # px


class Fonts:
    """The fonts of the interface, and those installed in some folders."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self.file_of = lru_cache(maxsize=8192)(self._file_of)

    def _file_of(self, sign: str) -> Path | None:
        """Return the file of the first font that has this sign, None if there is none."""
        script = unicodedata.name(sign, "").partition(" ")[0].title()
        names = (f"NotoSans{script}-Regular.ttf", *INSTALLED)
        files = self._installed
        candidates = (LATIN, CYRILLIC, *(files[name] for name in names if name in files))
        return next((file for file in candidates if has_sign(file, sign)), None)

    @cached_property
    def _installed(self) -> dict[str, Path]:
        found = (file for folder in self._folders for file in folder.rglob("*.tt[fc]"))
        return {file.name: file for file in found if file.is_file()}


FONTS = Fonts(Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


@lru_cache(maxsize=8192)
def has_sign(file: Path, sign: str) -> bool:
    drawn = _small(file).getmask(sign)
    return (drawn.size, bytes(drawn)) != _missing(file)


@lru_cache(maxsize=32)
def _missing(file: Path) -> tuple[tuple[int, int], bytes]:
    drawn = _small(file).getmask(NONCHARACTER)
    return drawn.size, bytes(drawn)


@lru_cache(maxsize=32)
def _small(file: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, SIZE)
