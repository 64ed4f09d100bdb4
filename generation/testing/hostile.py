"""Hypothesis strategies of what others may send: JSON of any shape, texts of any kind."""

from typing import Any

from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
"""Unpaired surrogates and NUL included, which JSON can contain and PostgreSQL cannot."""

NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, 1, -1, True, 2**63, 10**400, -(10**400), 1e300, 1e-300, float("nan")])
)
ADDRESSES = st.sampled_from(
    [
        "https://image.runpod.ai/a/b.png",
        "https://[",
        "https://[::1",
        "https://host:port/x",
        "https:///x",
        "http://a\0b/c.png",
        "https://example.org/%00.png",
        "https://example.org/\ud800.png",
        "https://ex\u2100mple.org/a.png",
        f"https://{'a' * 3000}.org/",
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/png;base64,\0",
        "iVBORw0KGgo=",
        "",
    ]
)


def any_json(names: list[str], *, max_leaves: int = 25) -> st.SearchStrategy[Any]:
    """Return JSON values whose objects often have these names, with values of any type."""
    scalars = st.none() | st.booleans() | NUMBERS | ANY_TEXT | ADDRESSES
    keys = st.sampled_from(names) | ANY_TEXT
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=max_leaves,
    )


def nested(depth: int, *, around: Any = "iVBORw0KGgo=") -> Any:
    value = around
    for _level in range(depth):
        value = [value]
    return value
