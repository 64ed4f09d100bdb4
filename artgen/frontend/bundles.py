"""Bundles: one script and one style sheet per page, made by `collectstatic` (see `assets`).

In a bundle, a module becomes a function that returns its
exports, so names do not clash. Forms of import and export that our modules do not use are refused.
"""

import posixpath
import re
from collections.abc import Callable, Iterable

import rjsmin

BASE = "artgen/base.js"
"""Loaded by every page. Its bundle has all modules of SHARED, which must exist once per page."""
SHARED = "artgen/js/"
ENTRY = re.compile(r"(?:artgen|accounts|generation)/[^/]+\.js")
PART = re.compile(r"(?:artgen|accounts|generation)/js/.+\.js")
SHEET = re.compile(r"(?:artgen|accounts|generation)/[^/]+\.css")

IMPORT = re.compile(r'^import \{([\w\s,]+)\} from "(\.{1,2}/[^"]+\.js)";?$', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
UNSUPPORTED = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
SHEET_IMPORT = re.compile(r'^@import url\("([\w.-]+\.css)"\);\n', re.MULTILINE)

Read = Callable[[str], str]


class CannotBundle(ValueError):
    """A module uses an unsupported form; the message says where."""


def scripts(names: Iterable[str], read: Read) -> dict[str, str]:
    names = list(names)
    shared = sorted(name for name in names if name.startswith(SHARED) and name.endswith(".js"))
    return {name: _bundle(name, shared, read) for name in names if ENTRY.fullmatch(name)}


def sheets(names: Iterable[str], read: Read) -> dict[str, str]:
    """Return our style sheets with their imports inlined."""
    texts = {name: read(name) for name in names if SHEET.fullmatch(name)}

    def inlined(name: str) -> str:
        return SHEET_IMPORT.sub(lambda match: texts[_resolved(name, match[1])], texts[name])

    return {name: inlined(name) for name, text in texts.items() if SHEET_IMPORT.search(text)}


def _bundle(entry: str, shared: list[str], read: Read) -> str:
    order: list[str] = []
    for name in [*shared, entry] if entry == BASE else [entry]:
        _collect(name, order, (), read)
    outside = [] if entry == BASE else [name for name in order if name.startswith(SHARED)]
    parts = [_function(name, read(name)) for name in order if name not in outside]
    if outside:
        address = posixpath.relpath(BASE, posixpath.dirname(entry))
        if not address.startswith("."):  # browsers refuse a bare name
            address = f"./{address}"
        parts.insert(0, f'import {{ {", ".join(map(_variable, outside))} }} from "{address}"')
    if entry == BASE:
        parts.append(f"export {{ {', '.join(map(_variable, shared))} }}")
    return str(rjsmin.jsmin("\n".join(parts)))


def _collect(name: str, order: list[str], above: tuple[str, ...], read: Read) -> None:
    """Append the module after all modules that it imports."""
    if name in above:
        raise CannotBundle(f"{name} imports itself through {' > '.join(above)}")
    if name in order:
        return
    for _names, address in IMPORT.findall(read(name)):
        _collect(_resolved(name, address), order, (*above, name), read)
    order.append(name)


def _function(name: str, text: str) -> str:
    def assignment(match: re.Match[str]) -> str:
        names = match[1].replace(" as ", ": ")
        return f"const {{{names}}} = {_variable(_resolved(name, match[2]))}"

    exported = [match[2] for match in EXPORT.finditer(text)]
    text = EXPORT.sub(r"\1", IMPORT.sub(assignment, text))
    if unsupported := UNSUPPORTED.search(text):
        raise CannotBundle(f"{name}: {unsupported[0]}")
    return f"const {_variable(name)} = (() => {{\n{text}\nreturn {{ {', '.join(exported)} }}\n}})()"


def _resolved(name: str, address: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
