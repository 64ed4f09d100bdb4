"""Texts of staff as HTML: paragraphs and links, and nothing else.

An empty line begins a paragraph. Links are `[words](https://…)`, addresses alone, and emails.
"""

import re
from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

LINK = re.compile(
    r"\[(?P<words>[^\[\]\n]{1,200})\]\((?P<target>[^\s()<>\"]{1,500})\)"
    r"|(?P<url>https?://[^\s<>\"]{1,500}[^\s<>\".,;:!?)\]])"
    r"|(?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
)
ALLOWED = re.compile(r"(https?://|mailto:|/(?!/)).+", re.IGNORECASE)
"""What a link may lead to: no other scheme, such as javascript:, runs in the page."""


def to_html(text: str) -> SafeString:
    """Return the HTML of a text; everything else in it, such as tags, is shown as written."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return format_html_join(
        "\n", "<p>{}</p>", ((_lines(paragraph),) for paragraph in paragraphs if paragraph.strip())
    )


def _lines(paragraph: str) -> SafeString:
    lines = (line.strip() for line in paragraph.strip().split("\n"))
    return format_html_join("", "{}{}", _broken(lines))


def _broken(lines: Iterator[str]) -> Iterator[tuple[SafeString | str, SafeString]]:
    for number, line in enumerate(lines):
        yield SafeString("<br>") if number else "", _linked(line)


def _linked(line: str) -> SafeString:
    parts: list[SafeString | str] = []
    end = 0
    for match in LINK.finditer(line):
        parts += [line[end : match.start()], _link(match)]
        end = match.end()
    parts.append(line[end:])
    return format_html_join("", "{}", ((part,) for part in parts))


def _link(match: "re.Match[str]") -> SafeString | str:
    parts = match.groupdict()
    if parts["email"]:
        target, words = f"mailto:{parts['email']}", parts["email"]
    elif parts["url"]:
        target = words = parts["url"]
    else:
        target, words = parts["target"], parts["words"]
    if not ALLOWED.fullmatch(target):
        return match.group()
    return format_html('<a class="text-link" href="{}" rel="noopener">{}</a>', target, words)
