"""Documents of the operator that sign-up asks to accept, from a folder of text files.

`terms.en.txt`, `privacy.ru.txt`, `consent.ru.txt` and so on: the first line is `Version:
2026-12-01`; after it the text, or one line with the https address of a page. A document without a
file is not asked for.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

NAMES = ("terms", "privacy", "consent")
VERSION = re.compile(r"Version: *(\S{1,40})\s*\n")
ADDRESS = re.compile(r"https://\S+")


@dataclass(frozen=True)
class Document:
    """One document in one language: a text, or the address of its page."""

    version: str
    text: str
    address: str


type Documents = dict[str, dict[str, Document]]
"""By name and language."""


def read(folder: Path, languages: list[str]) -> Documents:
    """Return the documents of a folder; raise ImproperlyConfigured if one cannot be used."""
    documents: Documents = {}
    for name in NAMES:
        files = {code: folder / f"{name}.{code}.txt" for code in languages}
        read_files = {code: _document(file) for code, file in files.items() if file.is_file()}
        if len({document.version for document in read_files.values()}) > 1:
            raise ImproperlyConfigured(f"{folder}/{name}.*.txt: the versions differ.")
        if read_files:
            documents[name] = read_files
    return documents


def _document(file: Path) -> Document:
    try:
        content = file.read_text("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeError) as error:
        raise ImproperlyConfigured(f"{file}: {error}") from error
    version = VERSION.match(content)
    if not version:
        raise ImproperlyConfigured(
            f"{file}: the first line must be the version, such as Version: 2026-12-01"
        )
    text = content[version.end() :].strip()
    if not text:
        raise ImproperlyConfigured(f"{file}: the text or its address is missing.")
    is_address = ADDRESS.fullmatch(text)
    return Document(version[1], "" if is_address else text, text if is_address else "")
