"""Copy the fonts and build the icon sprite that ArtGen serves itself, from their npm packages.

Run after changing a version or the list of icons, then commit the result:

    npm install --prefix .cache/look @fontsource-variable/onest@5.3.1 \\
        @fontsource-variable/jetbrains-mono@5.3.0 lucide-static@1.62.0
    python deploy/vendor_look.py .cache/look/node_modules
"""

import re
import shutil
import sys
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "artgen" / "static" / "artgen"
FONTS = {"onest": "5.3.1", "jetbrains-mono": "5.3.0"}
SUBSETS = ("latin", "cyrillic")
ICONS = """
    arrow-down arrow-left arrow-right arrow-up arrow-up-down ban bell blend brush check chevron-down
    chevron-left chevron-right chevron-up circle-alert circle-minus circle-x clock cloud-off coins
    columns-2 compass copy dices download ellipsis eraser expand eye eye-off file-down flag folder
    folder-plus globe grid-3x3 hand heart history hourglass image image-plus image-up images info
    key-round keyboard languages lasso layers link list lock log-in log-out mail maximize-2 minus
    monitor moon palette pencil plus power receipt-text redo-2 refresh-cw repeat-2 rotate-cw scaling
    scan search send settings share-2 shuffle sliders-horizontal sparkles square-check star sun tag
    trash-2 undo-2 upload user wand-sparkles wifi-off x zoom-in zoom-out
""".split()


def symbol(*, source: Path, name: str) -> str:
    """Return one icon as a `<symbol>`; its stroke and fill come from the page's stylesheet."""
    text = (source / f"{name}.svg").read_text()
    drawing = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", text, flags=re.DOTALL)
    drawing = re.sub(r"\s*\n\s*", "", drawing).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>'


def main(node_modules: Path) -> None:
    """Write fonts/ and icons.svg below artgen/static/artgen, with the licenses beside them."""
    fonts = STATIC / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for family, version in FONTS.items():
        package = node_modules / "@fontsource-variable" / family
        for subset in SUBSETS:
            file = package / "files" / f"{family}-{subset}-wght-normal.woff2"
            # The version in the name lets browsers keep it; tokens.css and _head.html name it, too.
            shutil.copy(file, fonts / f"{family}-{version}-{subset}.woff2")
        shutil.copy(package / "LICENSE", fonts / f"{family}.LICENSE.txt")
    lucide = node_modules / "lucide-static"
    symbols = "\n".join(symbol(source=lucide / "icons", name=name) for name in ICONS)
    comment = (
        "<!-- Lucide icons, ISC license (icons.LICENSE.txt); built by deploy/vendor_look.py -->"
    )
    (STATIC / "icons.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg">\n{comment}\n{symbols}\n</svg>\n'
    )
    shutil.copy(lucide / "LICENSE", STATIC / "icons.LICENSE.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
