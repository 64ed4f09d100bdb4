"""How large regular expressions become, before they are compiled."""

import pytest

from generation.moderation.regex_size import MAX_SIZE, size_of


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("", 0),
        ("abc", 3),
        (r"\bоруж\w*", 7),
        ("[a-z]{3}", 3),
        (r"[\]{9}]x", 2),
        ("a{2,5}", 5),
        ("a{,4}", 4),
        ("a{7,}", 7),
        (r"a\{9}", 4),
        ("{9}a", 1),
        ("(ab){3}", 6),
        ("(?:(?:a{9}){9}){9}", 729),
        ("a{3}{4}", 12),
        (r"(?P<year>\d{4})-(?P<day>\d{2})", 7),
        (r"\d{4} \d{4} \d{4} \d{4}", 19),
        ("a{99999999}", 99999999),
        ("((a{99999}", 99999),
        (")a", 2),
        ("(?#[)(ab){9}]", 19),
        ("(?#no end(ab){9}", 0),
        ("(?x)# [\n(ab){9}#]", 20),
        ("(?x)(ab) {9}", 20),
        ("a{ 2, 9 }", 9),
        ("#(ab){9}", 19),
    ],
)
def test_it_writes_counted_repetitions_out(pattern: str, size: int) -> None:
    assert size_of(pattern) == size


@pytest.mark.slow
def test_it_takes_no_time_for_hostile_patterns() -> None:
    for pattern in ("(" * 2000, "[" * 2000, "\\" * 2000, "{" * 2000, "a{9}" * 500):
        size_of(pattern)
    assert size_of("a{9}" * 500) < MAX_SIZE
    assert size_of("(" * 20 + "a" + "){9}" * 20) > MAX_SIZE
