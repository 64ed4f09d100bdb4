"""A small Russian–English dictionary of the demo's subjects: a stand-in for a text model.

dictionary.txt has an entry a line. A stem matches the words that are the stem and an ending of a
noun or an adjective: лес matches леса, but not лестница. `=` in front asks for the whole word; ё
counts as е. Words that are not here stay as they are.
"""

import re
from pathlib import Path

_ENDINGS = """
а я о е у ю ы и ь й ам ям ах ях ом ем ой ей ою ею ов ев ами ями ью ьми ья ье ьям ьями ьях
ый ий ая яя ое ее ые ие ого его ому ему ым им ых их ую юю ыми ими
"""
_ON_TIME = re.compile(r"\bon (dawn|sunset)\b")  # на рассвете
_CYRILLIC_WORD = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*")
_DETAILS = {
    "en": "layered composition, soft directional light, rich texture, restrained colors, fine "
    "detail",
    "ru": "многоплановая композиция, мягкий боковой свет, богатая фактура, сдержанные цвета, "
    "тонкие детали",
}


def _entries() -> tuple[dict[str, str], dict[str, str]]:
    """Return the meanings of whole words and those of stems."""
    whole: dict[str, str] = {}
    stems: dict[str, str] = {}
    for entry in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        stem, _space, english = entry.partition(" ")
        if stem.startswith("="):
            whole[stem[1:]] = english
        else:
            stems[stem] = english
    return whole, stems


_WHOLE, _BY_STEM = _entries()
_AFTER_STEM = {"", *_ENDINGS.split()}


def translated(text: str) -> str:
    """Return the text with every known Russian word in English, in the order of the original."""
    return _ON_TIME.sub(r"at \1", _CYRILLIC_WORD.sub(_english, text))


def enhanced(text: str) -> str:
    """Return the text with details added, in the language of its letters."""
    language = "ru" if _CYRILLIC_WORD.search(text) else "en"
    return f"{text.rstrip(' .,')}, {_DETAILS[language]}"


def _english(match: re.Match[str]) -> str:
    word = match[0].lower().replace("ё", "е")
    english = _WHOLE.get(word) or _by_stem(word)
    if not english:
        return match[0]
    return english[0].upper() + english[1:] if match[0][0].isupper() else english


def _by_stem(word: str) -> str:
    """Return the meaning of the longest stem that makes the word with an ending, or ""."""
    for end in range(len(word), 1, -1):
        if word[:end] in _BY_STEM and word[end:] in _AFTER_STEM:
            return _BY_STEM[word[:end]]
    return ""
