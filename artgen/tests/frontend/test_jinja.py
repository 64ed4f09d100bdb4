"""What our Jinja2 templates have that Django's templates have, too."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from jinja2.exceptions import UndefinedError
from jinja2.nodes import Call, FromImport, Macro, Name

from artgen.frontend.jinja import Missing, url
from artgen.management.commands.makemessages import expressions


def rendered(source: str, **context: Any) -> str:
    return engines["jinja2"].from_string(source).render(context)


def test_it_translates_and_escapes_values_alone():
    source = '{{ _("We sent a link to <b>%(email)s</b>. Open it to continue.", email=email) }}'
    with translation.override("en"):
        assert "<b>&lt;i&gt;@x.org</b>" in rendered(source, email="<i>@x.org")
    with translation.override("ru"):
        assert rendered('{{ _("Gallery") }}') == "Галерея"
        assert rendered('{{ pgettext("section", "Create") }}') == "Создать"
        source = '{{ ngettext("%(count)s image", "%(count)s images", n, count=n) }}'
        assert [rendered(source, n=n) for n in (1, 3)] == ["1 картинка", "3 картинки"]


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
    source = '{{ aria_current("gallery", "trash", within="ledger tokens") }}'
    request = SimpleNamespace(resolver_match=SimpleNamespace(url_name=name))
    assert rendered(source, request=request) == expected
    assert rendered(source, request=SimpleNamespace(resolver_match=None)) == ""


def test_it_has_the_addresses_of_reverse():
    pk = uuid.uuid4()
    for name in ("image", "job", "trash_image", "cancel_run"):
        assert url(name, pk) == reverse(name, args=[pk])
    assert url("shared", "ab") == reverse("shared", args=["ab"])
    assert url("create") == reverse("create")


def test_it_gives_xgettext_the_expressions_alone():
    source = (
        """<p title="{{ _("Don’t %(n)s", n=1) }}">it's {# _("no") #}{% set x = _("a" "b") %}</p>"""
    )
    code = "".join(expressions(source).split())
    assert code == '{{_("Don’t%(n)s",n=1)}}{%setx=_("a""b")%}'


def test_it_shows_nothing_for_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines["jinja2"].env, "undefined", Missing)  # as outside of tests
    assert rendered("{{ one }}{{ one.two }}{{ one.two() }}{{ none.two() }}") == ""
    for name in ("400.html", "404.html", "429.html", "500.html"):  # Django: without a request
        assert "message-page" in render_to_string(name)


@pytest.mark.parametrize("source", ["{{ one }}", "{% if one %}{% endif %}", "{{ thing.two }}"])
def test_it_refuses_what_is_missing_in_tests(source: str) -> None:
    with pytest.raises(UndefinedError):
        rendered(source, thing=SimpleNamespace())
    assert rendered("{{ one|default }}{{ thing.two }}", thing={}) == ""


def test_it_calls_functions_that_exist():
    environment = engines["jinja2"].env
    for path in settings.BASE_DIR.glob("*/jinja2/**/*.html"):
        tree = environment.parse(path.read_text())
        names = {call.node.name for call in tree.find_all(Call) if isinstance(call.node, Name)}
        macros = {macro.name for macro in tree.find_all(Macro)}
        imported = {name for one in tree.find_all(FromImport) for name in one.names}
        assert names <= {*environment.globals, *imported, *macros, "super", "caller"}, path
