"""How large a regular expression becomes when it is compiled.

`regex` writes counted repetitions out: `a{99999999}` takes gigabytes before any timeout of a search
counts. So their product is estimated from the text, before compiling.
"""

import re

MAX_SIZE = 20_000
TOKEN = re.compile(
    r"""
    \\.                                # an escaped character
    | \[\^?\]?(?:\\.|[^\]\\])*\]       # a set
    | \((?:\?(?:<?[=!]|[:>|])|\?P?<\w+>)?   # the beginning of a group
    | \)
    | \{(?P<least>\d*)(?:,(?P<most>\d*))?\}
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


def size_of(pattern: str) -> int:
    """Return about how many characters, sets and so on the pattern has when it is written out."""
    sizes, last = [0], 0  # of each open group; of the last part, to which a quantifier belongs
    for token in TOKEN.finditer(pattern):
        text = token[0]
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
