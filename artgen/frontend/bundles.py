"""One script and one style sheet where the source has many: what `collectstatic` makes of them (see `assets`).

The readable modules stay the source, and the demo serves them as they are. A module becomes a function that returns
what it exports, so that names stay apart. What the language allows beyond our own modules' few forms is refused.
"""

import posixpath
import re
from collections.abc import Callable, Iterable

import rjsmin

BASE = "artgen/base.js"
"""Loaded by every page; its bundle holds all modules of SHARED, each of which must exist once on a page."""
SHARED = "artgen/js/"
ENTRY = re.compile(r"(?:artgen|accounts|generation)/[^/]+\.js")
PART = re.compile(r"(?:artgen|accounts|generation)/js/.+\.js")
SHEET = re.compile(r"artgen/[^/]+\.css")

IMPORT = re.compile(r'^import \{([\w\s,]+)\} from "(\.{1,2}/[^"]+\.js)";?$', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
SHEET_IMPORT = re.compile(r'^@import url\("([\w.-]+\.css)"\);\n', re.MULTILINE)

Read = Callable[[str], str]


class CannotBundle(ValueError):
    """A module uses a form that is not among those read here; the text says where."""


def scripts(names: Iterable[str], read: Read) -> dict[str, str]:
    """Return the bundle of each page's script among these static files."""
    names = list(names)
    shared = sorted(name for name in names if name.startswith(SHARED) and name.endswith(".js"))
    return {name: _bundle(name, shared, read) for name in names if ENTRY.fullmatch(name)}


def sheets(names: Iterable[str], read: Read) -> dict[str, str]:
    """Return each style sheet of ours that imports others, with these in place of the imports."""
    texts = {name: read(name) for name in names if SHEET.fullmatch(name)}
    return {
        name: SHEET_IMPORT.sub(lambda match: texts[f"artgen/{match[1]}"], text)
        for name, text in texts.items()
        if SHEET_IMPORT.search(text)
    }


def _bundle(entry: str, shared: list[str], read: Read) -> str:
    order: list[str] = []
    for name in [*shared, entry] if entry == BASE else [entry]:
        _collect(name, order, (), read)
    outside = [] if entry == BASE else [name for name in order if name.startswith(SHARED)]
    parts = [_function(name, read(name)) for name in order if name not in outside]
    if outside:
        address = posixpath.relpath(BASE, posixpath.dirname(entry))
        parts.insert(0, f'import {{ {", ".join(map(_variable, outside))} }} from "{address}"')
    if entry == BASE:
        parts.append(f"export {{ {', '.join(map(_variable, shared))} }}")
    return str(rjsmin.jsmin("\n".join(parts)))


def _collect(name: str, order: list[str], above: tuple[str, ...], read: Read) -> None:
    """Append the module behind all that it imports."""
    if name in above:
        raise CannotBundle(f"{name} imports itself, by way of {' > '.join(above)}")
    if name in order:
        return
    for _names, address in IMPORT.findall(read(name)):
        _collect(_resolved(name, address), order, (*above, name), read)
    order.append(name)


def _function(name: str, text: str) -> str:
    def wired(match: re.Match[str]) -> str:
        names = match[1].replace(" as ", ": ")
        return f"const {{{names}}} = {_variable(_resolved(name, match[2]))}"

    exported = [match[2] for match in EXPORT.finditer(text)]
    text = EXPORT.sub(r"\1", IMPORT.sub(wired, text))
    if left := LEFT.search(text):
        raise CannotBundle(f"{name}: {left[0]}")
    return f"const {_variable(name)} = (() => {{\n{text}\nreturn {{ {', '.join(exported)} }}\n}})()"


def _resolved(name: str, address: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
