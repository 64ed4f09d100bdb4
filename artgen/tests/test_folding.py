"""Templates whose fixed parts are rendered once have the same output in every language."""

import uuid

from django.template import Context, engines
from django.template.base import TextNode
from django.test import SimpleTestCase
from django.urls import reverse
from django.utils import translation

from artgen.frontend.folding import fold
from artgen.frontend.links import link

FIXED = """{% load i18n theme static %}<a href="{% url "gallery" %}">{% icon "heart" %}{% translate "Gallery" %}</a>
{% translate "Create" context "section" %}{% static "artgen/favicon.svg" %}"""
LOOSE = """{% load i18n theme %}{% if ready %}{% translate "Gallery" %}{% else %}{% translate "Trash" %}{% endif %}
{% for name in names %}{% icon name %}{% url "image" id %}{% endfor %}{% translate word %}
{% translate "Gallery" as label %}{{ label }}
{% language "ru" %}{% translate "Gallery" %}{% endlanguage %}{% translate "Gallery"|upper %}
{% autoescape off %}{% translate "a < b" %}{% endautoescape %}{% translate "a < b" %}
{% if never %}{% url "no_such_page" %}{% endif %}"""


class TestFolding(SimpleTestCase):
    def values(self) -> dict[str, object]:
        return {"ready": True, "names": ["x", "check"], "id": uuid.uuid4(), "word": "Trash"}

    def folded(self, source: str):
        template = engines["django"].engine.from_string(source)
        fold(template.nodelist)
        return template

    def test_it_renders_the_same_text(self) -> None:
        values = self.values()
        for language in ("en", "ru"):
            for source in (FIXED, LOOSE):
                with self.subTest(language, source=source[:40]), translation.override(language):
                    plain = engines["django"].engine.from_string(source).render(Context(values))
                    assert self.folded(source).render(Context(values)) == plain

    def test_it_turns_constants_into_text(self) -> None:
        assert [type(node) for node in self.folded(FIXED).nodelist] == [TextNode]

    def test_it_keeps_one_copy_per_language(self) -> None:
        for language, word in (("en", "Gallery"), ("ru", "Галерея"), ("en", "Gallery")):
            with translation.override(language):
                page = engines["django"].get_template("generation/trash.html")
                assert (
                    page.template
                    is engines["django"].get_template("generation/trash.html").template
                )
                menu = engines["django"].get_template("artgen/_tabs.html").render({})
            assert word in menu


class TestLink:
    def test_it_is_the_address_that_reverse_returns(self) -> None:
        one = uuid.uuid4()
        for name in (
            "image",
            "job",
            "trash_image",
            "favorite_image",
            "restore_image",
            "download_image",
            "cancel_run",
        ):
            assert link(name, one) == reverse(name, args=[one])
