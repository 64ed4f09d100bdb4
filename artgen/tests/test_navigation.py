"""The tag that marks the current link of the navigation."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template

TAG = Template('{% load navigation %}{% aria_current "gallery" "trash" within="ledger tokens" %}')


def rendered(**context: Any) -> str:
    return TAG.render(Context(context))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("trash", 'aria-current="page"'),
        ("tokens", 'aria-current="true"'),
        ("token", ""),
        ("create", ""),
    ],
)
def test_it_marks_the_page_and_the_section(name, expected):
    request = SimpleNamespace(resolver_match=SimpleNamespace(url_name=name))
    assert rendered(request=request) == expected


def test_it_marks_nothing_on_an_error_page():
    assert rendered(request=SimpleNamespace(resolver_match=None)) == rendered() == ""
