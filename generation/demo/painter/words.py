"""Reading a prompt: the motif, the place and the circumstances that its words name.

A stem matches every word that begins with it, in Russian or English; `=` in front asks for the
whole word, and several words joined by `_` must follow one another. ё counts as е.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from .scene import Scene

_SHORTEST_TYPO = 5  # letters: shorter words are too often like another
_ALIKE = 0.59  # of 1: one or two wrong letters in a word

_WORD = re.compile(r"[a-zа-я0-9&-]+")


def _compiled(stems: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(stem.split("_")) for stem in stems.split())


def _matches(word: str, stem: str) -> bool:
    return word == stem[1:] if stem.startswith("=") else word.startswith(stem)


def _position(words: list[str], stems: tuple[tuple[str, ...], ...]) -> int | None:
    """Return the index of the first word at which any stem begins, or None."""
    for index in range(len(words)):
        for parts in stems:
            window = words[index : index + len(parts)]
            if len(window) == len(parts) and all(map(_matches, window, parts)):
                return index
    return None


_KNOWN: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
ALONE: dict[str, str] = _KNOWN["alone"]
PLACES = frozenset(_KNOWN["places"]["keys"])  # motifs in which another one can stand
MOTIFS = {key: (one["weight"], _compiled(one["stems"])) for key, one in _KNOWN["motifs"].items()}
NEAREST = {key: (one["weight"], _compiled(one["stems"])) for key, one in _KNOWN["nearest"].items()}
_STEMS = [
    (key, stem.lstrip("="))
    for key, (_, table) in MOTIFS.items()
    for parts in table
    if len(parts) == 1
    for stem in parts
    if len(stem.lstrip("=")) >= _SHORTEST_TYPO
]
_TABLES = {
    name: {key: _compiled(stems) for key, stems in _KNOWN[name].items()}
    for name in ("things", "times", "seasons", "weather", "colors", "moods", "finishes")
}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("ё", "е"))


def _named(words: list[str], table: str) -> list[str]:
    """Return the keys of a table that the words name, in the order of the words."""
    places = {key: _position(words, stems) for key, stems in _TABLES[table].items()}
    return sorted(
        (key for key, place in places.items() if place is not None),
        key=lambda key: places[key] or 0,
    )


def read(prompt: str, *, negative_prompt: str = "") -> Scene:
    """Return the scene that a prompt describes, less what the negative prompt excludes."""
    words, unwanted = _words(prompt), _words(negative_prompt)
    without = {*_named(unwanted, "things"), *_named(unwanted, "weather")}
    # "No boat" asks for an empty sea, not for no sea.
    broad = [word for word in unwanted if not _named([word], "things")]
    without.update(key for key, (_, stems) in MOTIFS.items() if _position(broad, stems) is not None)
    named = [
        (-weight, place, key)
        for table in (MOTIFS, NEAREST)
        for key, (weight, stems) in table.items()
        if key not in without and (place := _position(words, stems)) is not None
    ]
    if "umbrella" in _named(words, "things"):  # the city has a walker with one
        named = [item for item in named if item[2] != "portrait"]
    times, seasons = _named(words, "times"), _named(words, "seasons")
    weather = frozenset(_named(words, "weather")) - without
    things = {key for _, _, key in named} | set(_named(words, "things"))
    time = times[0] if times else None
    season = seasons[0] if seasons else None
    keys = [key for _, _, key in sorted(named)]
    if not keys and (implied := _implied(things - without, season, weather) or _misspelled(words)):
        keys = [implied] if implied not in without else []
    white = season == "winter" or "snow" in weather
    keys = [_in_season(key, time, white=white and "village" in things) for key in keys]
    others = [key for key in keys[1:] if key in PLACES and key != keys[0]]
    return Scene(
        motif=keys[0] if keys else None,
        place=others[0] if others else None,
        things=frozenset((things | set(keys)) - without),
        time=time,
        season=season,
        weather=weather,
        colors=tuple(_named(words, "colors")),
        moods=frozenset(_named(words, "moods")),
        finishes=tuple(_named(words, "finishes")),
        without=frozenset(without),
    )


def _in_season(motif: str, time: str | None, *, white: bool) -> str:
    """Return the form of a place that fits: a village in snow, a city by day."""
    if motif == "town" and white:
        return "snow_village"
    if motif == "city" and time in ("day", "dawn"):
        return "street"
    return motif


def _implied(things: set[str], season: str | None, weather: frozenset[str]) -> str | None:
    """Return the motif for details, seasons and weather that were named alone."""
    for thing, motif in ALONE.items():
        if thing in things or thing == season or thing in weather:
            return motif
    return None


def _misspelled(words: list[str]) -> str | None:
    """Return the motif whose word shares most pairs of letters with one of these (Dice, 1945)."""
    best, result = _ALIKE, None
    for word in words:
        if len(word) < _SHORTEST_TYPO:
            continue
        pairs = _pairs(word)
        for key, stem in _STEMS:
            if stem[0] != word[0] or abs(len(stem) - len(word)) > 1:
                continue
            other = _pairs(stem)
            alike = 2 * len(pairs & other) / (len(pairs) + len(other))
            if alike > best:
                best, result = alike, key
    return result


def _pairs(word: str) -> set[str]:
    return {word[i : i + 2] for i in range(len(word) - 1)}
