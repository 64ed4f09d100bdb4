"""Read the operators' documents: their sections, and the commands in their code blocks."""

import io
import re
import shlex
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

BLOCK = re.compile(r"^( *)```\w*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"[A-Z][A-Z0-9_]*=\S*")
PATH = re.compile(r"(artgen|accounts|generation|deploy|nginx)/[\w./-]*")
NAME = re.compile(
    r"`((?:artgen|accounts|generation|deploy)(?:\.\w+)+)`"
    r"|\b((?:artgen|accounts|generation|deploy|nginx)(?:/[\w-]+)+\.(?:py|sh|md|yml))\b"
)
SEPARATORS = {"&&", "|", ";", "||"}


@dataclass(frozen=True)
class Command:
    """One program with its arguments, as a shell would start it."""

    words: tuple[str, ...]
    environment: tuple[str, ...]  # names that are set for it
    line: str


@dataclass
class Section:
    """A heading with what stands below it, up to the next one."""

    level: int
    title: str
    text: str
    commands: list[Command] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)  # lines for .env, without comments


def read(path: str) -> str:
    return (settings.BASE_DIR / path).read_text()


def editions(path: str) -> tuple[str, str]:
    """Return the English and the Russian edition of a document."""
    return read(path), read(path.replace(".md", ".ru.md"))


def sections(text: str) -> list[Section]:
    found = []
    hidden = BLOCK.sub(lambda block: re.sub("^#", "\0", block[0], flags=re.MULTILINE), text)
    for part in re.split(r"^(?=#+ )", hidden, flags=re.MULTILINE):
        if not part.startswith("#"):
            continue
        heading, _, rest = part.partition("\n")
        marks, _, title = heading.partition(" ")
        section = Section(len(marks), title, rest.replace("\0", "#"))
        for block in BLOCK.finditer(section.text):
            read_block(block[2], section)
        found.append(section)
    return found


def read_block(block: str, section: Section) -> None:
    """Add the commands and settings of a code block to the section."""
    lines = block.replace("\\\n", " ").replace("\n  |", " |").strip().splitlines()
    prompts = [line[2:] for line in lines if line.startswith("$ ")]  # the others are output
    for line in prompts or lines:
        if re.match(r"\s*(#|$)", line):
            continue
        if re.match(r"(- |\s+\w+:)", line):  # YAML
            return
        if not line[0].isspace() and SETTING.fullmatch(re.sub(r"\s+#.*", "", line)):
            section.settings.append(re.sub(r"\s+#.*", "", line))
        else:
            section.commands += split(line.strip())


def split(line: str) -> Iterator[Command]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in SEPARATORS:
            words.append(word)
            continue
        names = []
        while words and SETTING.fullmatch(words[0].partition("=")[0] + "=") and "=" in words[0]:
            names.append(words.pop(0).partition("=")[0])
        for sign in (">", "<"):
            if sign in words:
                at = words.index(sign)
                del words[at : at + 2]
        if words:
            yield Command(tuple(words), tuple(names), line)
        words = []


def spans(text: str) -> list[str]:
    """Return the inline code of a text in its order."""
    plain = re.sub(r"<!--.*?-->", "", BLOCK.sub("", text), flags=re.DOTALL)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", plain)]


def paths(text: str) -> list[str]:
    """Return the inline code that is a file or folder of the repository."""
    return [span for span in spans(text) if PATH.fullmatch(span)]


def exists(path: str, *, beside: Path | None = None) -> bool:
    """Return whether the repository has this file, below `beside` or at its root."""
    return any((folder / path).exists() for folder in (beside, settings.BASE_DIR) if folder)


def names_in_comments(path: Path) -> Iterator[str]:
    """Yield the modules, names and files that comments and docstrings of a module name."""
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type == tokenize.COMMENT or token.string.startswith('"""'):
            yield from (dotted or file for dotted, file in NAME.findall(token.string))


def is_known(name: str) -> bool:
    """Return whether it is a file, or a module, or stands in the module before it."""
    if "/" in name:
        return exists(name)
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        place = settings.BASE_DIR.joinpath(*parts[:end])
        for module in (place.with_suffix(".py"), place / "__init__.py"):
            if module.exists():
                text = module.read_text()
                return all(re.search(rf"\b{part}\b", text) for part in parts[end:])
    return False
