"""Template tags for the lists of the admin: `{% load admin_lists %}`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import ResultList
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()

EMPTY = re.compile("<td[^>]*>-?</td>")


@register.filter
def labeled(row: ResultList, headers: Sequence[Mapping[str, Any]]) -> Iterator[SafeString]:
    """Yield the cells of a row with their columns' names, which a phone shows beside them.

    An empty cell says so, for a phone to leave it out.
    """
    for cell, header in zip(row, headers, strict=False):
        html = str(cell)
        name = capfirst(str(header["text"]))
        empty = SafeString(" data-empty") if EMPTY.fullmatch(html) else ""
        if not html.startswith("<td ") or "action-checkbox" in str(header.get("class_attrib", "")):
            yield mark_safe(html)
            continue
        start = format_html('<td data-label="{}"{} ', name, empty)
        yield mark_safe(start + html.removeprefix("<td "))
