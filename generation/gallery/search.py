"""Finding pictures by the words of their prompts.

`горы` finds "в горах", `lighthouse` finds "lighthouses", and the last word finds what begins with it. `"tea hills"` is
a phrase, `-fog` leaves out, `or` means either. Nothing that can be typed is an error.

PostgreSQL looks words up in the index of `Image.words`, which a trigger writes (migration 0005). Its planner cannot
tell how common words are that begin with these letters, or that stand side by side, nor when they were, so it is not
asked. A look at the newest pictures tells: words that are common there are met by walking on, without the index, which
would collect all pictures with them first. All others come from the index.
SQLite, which the demo runs on, goes through all prompts with regular expressions that come close.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchQueryCombinable, SearchQueryField
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value

from generation.models import Image, ImageQuerySet

RARE = 5000
LATELY = 5000  # so many of the newest pictures are looked at first
SOME, OFTEN = (
    100,
    1500,
)  # of these, what is more than a page, and what makes it likely that more than RARE are soon met
ALL = 2**31 - 1
WORDS_MAX = 12
OPEN_MIN = 2  # letters that an unfinished word must have
CONFIGURATION = "artgen_prompt"

# What ends Russian and English words in their forms: a little of what PostgreSQL's stemmers know.
STEM_MIN = 3
RUSSIAN = (
    "иями|ями|ами|его|ого|ему|ому|ыми|ими|ией|ей|ий|ый|ой|ая|яя|ое|ее|ые|ие|ую|юю|ых|их|ым|им|ом|ем|ам|ям|ах|ях|ов|ев"
    "|ью|ия|ии|ию|а|е|и|й|о|у|ы|ь|ю|я"
)
ENDINGS = f"{RUSSIAN}|ies|ing|ed|es|s|e|y"

_PIECE = re.compile(r'(-?)"([^"]*)(?:"|$)|(\S+)')
_BETWEEN_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Term:
    """Words that stand side by side, mostly one; `is_open`: the last thing typed, whose last word may go on."""

    words: tuple[str, ...]
    is_negative: bool = False
    is_open: bool = False


Alternatives = tuple[tuple[Term, ...], ...]


@dataclass(frozen=True)
class Found:
    """The pictures with these words; `are_many`: more than RARE, which are better not counted."""

    images: ImageQuerySet
    are_many: bool = False


def matching(images: ImageQuerySet, text: str, *, user: Any) -> Found:
    """Return those of the user's pictures whose prompts have what the text asks for; all for a blank text."""
    if not text.strip():
        return Found(images)
    alternatives = read(text)
    if not alternatives:
        return Found(images.none())
    if connection.vendor != "postgresql":
        return Found(
            images.filter(reduce(or_, (reduce(and_, map(_told, terms)) for terms in alternatives)))
        )
    query = _query(alternatives, user=user)
    lately = _count_newest(query, user=user, among=LATELY, at_most=OFTEN)
    are_soon_met = (
        lately == OFTEN and _count_newest(query, user=user, among=3 * RARE, at_most=RARE + 1) > RARE
    )
    are_many = are_soon_met or _count(query, at_most=RARE + 1) > RARE
    if are_many and lately >= SOME:
        # COALESCE keeps the index of the words out of it: that would fetch all of them before sorting.
        has_words = _Holds(
            F("words"), query, arg_joiner=" @@ ", template="COALESCE(%(expressions)s, false)"
        )
        return Found(images.filter(has_words), are_many=True)
    is_one = _Holds(F("id"), _Any(query, Value(ALL if are_many else RARE)), arg_joiner=" = ")
    return Found(images.filter(is_one), are_many=are_many)


def read(text: str) -> Alternatives:
    """Return what the text asks for: any of these, of each all terms. Empty where there is no word in it."""
    text = text.strip()
    groups: list[list[Term]] = [[]]
    left = WORDS_MAX
    for piece in _PIECE.finditer(unicodedata.normalize("NFKC", text)):
        minus, quoted, bare = piece.groups()
        if bare and bare.lower() == "or" and (groups[-1] or len(groups) > 1):
            groups += [[]] if groups[-1] else []
            continue
        words = _words(quoted if bare is None else bare)[:left]
        left -= len(words)
        if words:
            is_negative = bool(minus) if bare is None else bare.startswith("-")
            is_open = bare is not None and not is_negative and not piece.string[piece.end() :]
            groups[-1].append(Term(words=words, is_negative=is_negative, is_open=is_open))
    return tuple(tuple(terms) for terms in groups if terms)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _BETWEEN_WORDS.split(text.lower().replace("ё", "е")) if word)


def _cut(word: str, endings: str) -> str:
    return re.sub(rf"(?<=\w{{{STEM_MIN}}})(?:{endings})$", "", word)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


class _Lexeme(SearchQueryCombinable, Func):  # type: ignore[misc]
    """One lexeme as the index has it."""

    config = None
    template = "%(expressions)s::tsquery"
    output_field = SearchQueryField()


class _Beside(SearchQueryCombinable, Func):  # type: ignore[misc]
    """One word right after the other."""

    config = None
    function = "tsquery_phrase"
    output_field = SearchQueryField()


class _Not(SearchQueryCombinable, Func):  # type: ignore[misc]
    """Anything else."""

    config = None
    template = "!!(%(expressions)s)"
    output_field = SearchQueryField()


class _Holds(Func):
    """A condition made of two expressions."""

    template = "%(expressions)s"
    output_field = BooleanField()


class _Any(Func):
    """Any of the ids of the pictures with these words, at most so many: see migration 0005.

    An array: its ids PostgreSQL looks up in the order of `image_shelf`. Joined, all would be fetched before sorting.
    """

    function = "artgen_images_with"
    template = "ANY(ARRAY(SELECT %(function)s(%(expressions)s)))"
    output_field = Image._meta.pk


def _query(alternatives: Alternatives, *, user: Any) -> Any:
    asked = reduce(or_, (reduce(and_, map(_term, terms)) for terms in alternatives))
    return _Lexeme(Value(f"'@{user.id}'")) & asked


def _term(term: Term) -> Any:
    words = [_word(word) for word in term.words]
    last = term.words[-1]
    if term.is_open and len(last) >= OPEN_MIN:
        words[-1] = words[-1] | _Lexeme(Value(f"'{last}':*"))
    asked = reduce(_Beside, words)
    return _Not(asked) if term.is_negative else asked


def _word(word: str) -> Any:
    # The stemmer takes "туман" for a participle, "тума", but knows "тумане" for a noun, "туман". So each way is asked
    # for. A lexeme needs no escaping, for a word has only letters and digits; and one that PostgreSQL sees no word in
    # must not be left out, or all pictures would do.
    ways = {word, _cut(word, RUSSIAN)}
    asked = [SearchQuery(way, config=CONFIGURATION, search_type="phrase") for way in sorted(ways)]
    return reduce(or_, asked, _Lexeme(Value(f"'{min(ways, key=len)}'")))


def _count(query: Any, *, at_most: int) -> int:
    sql, values = _sql(query)
    return _number(f"SELECT count(*) FROM artgen_images_with({sql}, %s)", [*values, at_most])  # noqa: S608


def _count_newest(query: Any, *, user: Any, among: int, at_most: int) -> int:
    sql, values = _sql(query)
    newest = "SELECT words FROM generation_image WHERE user_id = %s AND trashed_at IS NULL ORDER BY id DESC LIMIT %s"
    met = f"SELECT 1 FROM ({newest}) AS newest WHERE words @@ ({sql}) LIMIT %s"  # noqa: S608
    return _number(f"SELECT count(*) FROM ({met}) AS met", [user.id, among, *values, at_most])  # noqa: S608


def _sql(query: Any) -> tuple[str, Sequence[Any]]:
    images = Image.objects.all().query
    sql, values = images.get_compiler(connection=connection).compile(
        query.resolve_expression(images)
    )
    return sql, values


def _number(sql: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


# --- SQLite -----------------------------------------------------------------------------------------------------------


def _told(term: Term) -> Q:
    # SQLite knows cases in ASCII alone; its REGEXP is Python's. "ё" is written as both.
    words = [_any_form(word) for word in term.words]
    if term.is_open and len(term.words[-1]) >= OPEN_MIN:
        words[-1] = rf"(?:{words[-1]}|{re.escape(term.words[-1])}\w*)"
    pattern = r"\b" + r"[\W_]+".join(words) + r"\b"
    found = Q(job__prompt__iregex=pattern.replace("е", "[её]"))
    return ~found if term.is_negative else found


def _any_form(word: str) -> str:
    stem = _cut(word, ENDINGS)
    return re.escape(stem) + f"(?:{ENDINGS})?" if len(stem) >= STEM_MIN else re.escape(word)
