"""Search images by the words of their prompts, also before a translation, notes and tags; public
ones by the prompts that everybody sees.

`горы` finds "в горах", `lighthouse` finds "lighthouses", and the last word matches as a prefix.
`"tea hills"` is a phrase, `-fog` excludes, `or` means either. No input is an error.

PostgreSQL looks words up in the index of `Image.words`, written by triggers (migration 0002).
Its planner cannot estimate prefixes, phrases or how words are distributed over time, so we
choose the plan: a sample of the newest images shows whether the words are common. Common words are
found by reading images in order, without the index, which would first collect all matches; for a
prefix those of all users. So are words of users who have no more images than the sample. Others use
the index.
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
from django.db.models import BooleanField, F, Func, Value

from accounts.models import User
from generation.models import Image, ImageQuerySet, PublicationQuerySet

COMMON_THRESHOLD = 5000  # matches above which words are common and matches are not counted
SAMPLE_SIZE = 5000  # newest images that are examined first; few users have more
MIN_HITS = 100  # in the sample: more than a page
COMMON_HITS = 1500  # in the sample: more than COMMON_THRESHOLD matches are likely to be recent
ALL = 2**31 - 1
WORDS_MAX = 12
LETTERS_MAX = 500  # of a word: PostgreSQL has none of more than 2046 bytes
OPEN_MIN = 2  # letters for a prefix match
CONFIGURATION = "artgen_prompt"

# Endings of Russian words: an approximation of PostgreSQL's stemmer.
STEM_MIN = 3
RUSSIAN_ENDINGS = (
    "иями|ями|ами|его|ого|ему|ому|ыми|ими|ией|ей|ий|ый|ой|ая|яя|ое|ее|ые|ие|ую|юю|ых|их|ым|им|ом|ем|ам|ям|ах|ях|ов|ев"
    "|ью|ия|ии|ию|а|е|и|й|о|у|ы|ь|ю|я"
)

# `{query}` is the SQL of a `tsquery`; its values, as all others, are parameters.
COUNT_MATCHES = "SELECT count(*) FROM artgen_images_with({query}, %s)"
"""How many images have the words, up to a limit, by the index of words."""
NEWEST = """
(
    SELECT words
    FROM generation_image
    WHERE user_id = %s AND trashed_at IS NULL
    ORDER BY id DESC
    LIMIT %s
) AS newest
"""
SAMPLE = f"SELECT count(*) FILTER (WHERE words @@ ({{query}})), count(*) FROM {NEWEST}"  # noqa: S608 a constant
"""How many of the user's newest images have the words, without that index, of how many."""
COUNT_NEWEST = f"""
SELECT count(*) FROM (SELECT FROM {NEWEST} WHERE words @@ ({{query}}) LIMIT %s) AS met
"""  # noqa: S608 a constant
"""How many of them have the words, up to a limit."""

_PIECE = re.compile(r'(-?)"([^"]*)(?:"|$)|(\S+)')
_BETWEEN_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Term:
    """Adjacent words, usually one; `is_open`: the last input, whose last word is a prefix."""

    words: tuple[str, ...]
    is_negative: bool = False
    is_open: bool = False


Alternatives = tuple[tuple[Term, ...], ...]


@dataclass(frozen=True)
class SearchResult:
    """The matching images; `are_many`: above COMMON_THRESHOLD, do not count them."""

    images: ImageQuerySet
    are_many: bool = False


def matching(images: ImageQuerySet, text: str, *, user: User) -> SearchResult:
    """Return the user's images whose words match the text; all for a blank text."""
    if not text.strip():
        return SearchResult(images)
    alternatives = read(text)
    if not alternatives:
        return SearchResult(images.none())
    query = _query(alternatives, user=user)
    # COALESCE prevents use of the word index, which would fetch all matches before sorting.
    has_words = _Condition(
        F("words"), query, arg_joiner=" @@ ", template="COALESCE(%(expressions)s, false)"
    )
    recent_hits, examined = _sample(query, user=user)
    if examined < SAMPLE_SIZE:
        return SearchResult(images.filter(has_words))
    are_soon_met = (
        recent_hits >= COMMON_HITS
        and _count_newest(
            query, user=user, among=3 * COMMON_THRESHOLD, at_most=COMMON_THRESHOLD + 1
        )
        > COMMON_THRESHOLD
    )
    are_many = are_soon_met or _count(query, at_most=COMMON_THRESHOLD + 1) > COMMON_THRESHOLD
    if are_many and recent_hits >= MIN_HITS:
        return SearchResult(images.filter(has_words), are_many=True)
    is_match = _Condition(
        F("id"), _AnyMatch(query, Value(ALL if are_many else COMMON_THRESHOLD)), arg_joiner=" = "
    )
    return SearchResult(images.filter(is_match), are_many=are_many)


def published(rows: PublicationQuerySet, text: str) -> PublicationQuerySet:
    """Return the publications whose prompt everybody sees and matches; all for a blank text."""
    if not text.strip():
        return rows
    alternatives = read(text)
    if not alternatives:
        return rows.none()
    return rows.filter(_Condition(F("words"), _words_query(alternatives), arg_joiner=" @@ "))


def read(text: str) -> Alternatives:
    """Parse the text: alternatives, each a list of terms that must all match; may be empty."""
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
    words = _BETWEEN_WORDS.split(text.lower().replace("ё", "е"))
    return tuple(word[:LETTERS_MAX] for word in words if word)


def _stem(word: str) -> str:
    return re.sub(rf"(?<=\w{{{STEM_MIN}}})(?:{RUSSIAN_ENDINGS})$", "", word)


class _TsQuery(SearchQueryCombinable, Func):  # type: ignore[misc] # as Django's SearchQuery
    config = None
    output_field = SearchQueryField()


class _Lexeme(_TsQuery):
    """One lexeme of the index."""

    template = "%(expressions)s::tsquery"


class _Beside(_TsQuery):
    """Two adjacent words."""

    function = "tsquery_phrase"


class _Not(_TsQuery):
    template = "!!(%(expressions)s)"


class _Condition(Func):
    template = "%(expressions)s"
    output_field = BooleanField()


class _AnyMatch(Func):
    """Any of the ids of matching images, up to a limit (migration 0002).

    An array, because PostgreSQL looks up its ids in `image_shelf` order; a join fetches all first.
    """

    function = "artgen_images_with"
    template = "ANY(ARRAY(SELECT %(function)s(%(expressions)s)))"
    output_field = Image._meta.pk


def _query(alternatives: Alternatives, *, user: User) -> _TsQuery:
    return _Lexeme(Value(f"'@{user.id}'")) & _words_query(alternatives)


def _words_query(alternatives: Alternatives) -> _TsQuery:
    query: _TsQuery = reduce(or_, (reduce(and_, map(_term, terms)) for terms in alternatives))
    return query


def _term(term: Term) -> _TsQuery:
    words = [_word(word) for word in term.words]
    last = term.words[-1]
    if term.is_open and len(last) >= OPEN_MIN:
        words[-1] = words[-1] | _Lexeme(Value(f"'{last}':*"))
    query: _TsQuery = reduce(_Beside, words)
    return _Not(query) if term.is_negative else query


def _word(word: str) -> _TsQuery:
    # The stemmer reduces "туман" to "тума" but "тумане" to "туман", so both forms are searched.
    # Words have only letters and digits and need no escaping. A word that PostgreSQL ignores must
    # not be dropped, or all images would match.
    ways = {word, _stem(word)}
    queries = [SearchQuery(way, config=CONFIGURATION, search_type="phrase") for way in sorted(ways)]
    query: _TsQuery = reduce(or_, queries, _Lexeme(Value(f"'{min(ways, key=len)}'")))
    return query


def _count(query: _TsQuery, *, at_most: int) -> int:
    sql, values = _sql(query)
    (matches,) = _row(COUNT_MATCHES.format(query=sql), [*values, at_most])
    return int(matches)


def _sample(query: _TsQuery, *, user: User) -> tuple[int, int]:
    sql, values = _sql(query)
    hits, examined = _row(SAMPLE.format(query=sql), [*values, user.id, SAMPLE_SIZE])
    return hits, examined


def _count_newest(query: _TsQuery, *, user: User, among: int, at_most: int) -> int:
    sql, values = _sql(query)
    (hits,) = _row(COUNT_NEWEST.format(query=sql), [user.id, among, *values, at_most])
    return int(hits)


def _sql(query: _TsQuery) -> tuple[str, Sequence[Any]]:
    images = Image.objects.all().query
    sql, values = images.get_compiler(connection=connection).compile(
        query.resolve_expression(images)
    )
    return sql, values


def _row(sql: str, values: Sequence[Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row: Sequence[Any] = cursor.fetchone()
        return row
