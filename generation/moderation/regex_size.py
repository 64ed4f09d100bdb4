"""How large a regular expression becomes when it is compiled.

`regex` writes counted repetitions out: `a{99999999}` takes gigabytes before any timeout of a search
counts. So their product is estimated from the text, before compiling.
"""

import re
from collections.abc import Iterable

MAX_SIZE = 20_000
PART = r"""
    \\.                                # an escaped character
    | \[\^?\]?(?:\\.|[^\]\\])*\]       # a set
    | (?P<ignored>\(\?\#[^)]*\)?%(ignored)s)
    | \((?:\?(?:<?[=!]|[:>|])|\?P?<\w+>)?   # the beginning of a group
    | \)
    | \{\s*(?P<least>\d*)\s*(?:,\s*(?P<most>\d*)\s*)?\}
    | .
"""
WAYS = tuple(
    re.compile(PART % {"ignored": ignored}, re.VERBOSE | re.DOTALL)
    for ignored in ("", r"|\#[^\n]*|\s+")
)
"""How patterns are read without and with the flag x, which ignores spaces and comments after #."""


def size_of(pattern: str) -> int:
    """Return about how many characters, sets and so on the pattern has when it is written out.

    The flag x may be set anywhere, so it is the larger one of both ways to read the pattern.
    """
    return max(_size_of(way.finditer(pattern)) for way in WAYS)


def _size_of(tokens: Iterable[re.Match[str]]) -> int:
    sizes, last = [0], 0  # of each open group; of the last part, to which a quantifier belongs
    for token in tokens:
        text = token[0]
        if token["ignored"]:
            continue
        if text.startswith("("):
            sizes.append(0)
        elif text == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif times := _times(token):
            sizes[-1] += last * (times - 1)
            last *= times
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)


def _times(token: re.Match[str]) -> int:
    """Return how often a counted quantifier repeats at most, 0 for anything else."""
    counts = [int(count) for count in (token["least"], token["most"]) if count]
    return max(counts, default=0)
