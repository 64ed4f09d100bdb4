"""Jinja2, which renders our pages; Django's templates render the admin and emails.

The templates are in `jinja2/` of each app. Their texts are `_("…")`, `ngettext`, `pgettext` and
`npgettext` as in Python, with the values of placeholders as keywords; `manage.py makemessages`
collects them. As in Django's templates, translations are HTML and values are escaped.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.template import defaultfilters
from django.templatetags.static import static
from django.urls import get_urlconf, reverse
from django.utils import timezone, translation
from django.utils.formats import localize
from django.utils.html import json_script as django_json_script
from django.utils.safestring import SafeString
from jinja2 import ChainableUndefined, Environment, pass_context
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context
from markupsafe import Markup

from artgen.frontend.links import link
from artgen.frontend.parts import error_line, icon_button
from artgen.templatetags.shortcuts import shortcut_keys
from artgen.templatetags.theme import icon
from artgen.web import formatting, legal


class Missing(ChainableUndefined):
    """A missing value: an empty text, as are its attributes and results, as in Django's templates.

    Pages of errors are rendered without a request.
    """

    def __call__(self, *args: object, **kwargs: object) -> "Missing":  # type: ignore[override]
        return self


class Compact(Extension):
    """Leave out the indentation of templates, a tenth of a page; not in <pre>."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        is_pre = False
        for token in stream:
            if token.type != "data":
                yield token
                continue
            text = token.value
            if is_pre or "<pre" in text:
                is_pre = text.rfind("<pre") > text.rfind("</pre") or (
                    is_pre and "</pre" not in text
                )
            else:
                text = re.sub(r"\s*\n\s*", "\n", text)
            yield Token(token.lineno, "data", text)


def environment(**options: Any) -> Environment:
    jinja = Environment(  # noqa: S701  autoescape is on
        **(
            options
            | {
                "autoescape": True,
                "extensions": [Compact],
                "undefined": Missing,
                "cache_size": -1,  # all templates, in a dict: an LRU cache takes a lock for each
                "keep_trailing_newline": True,  # the space after an inline part
            }
        )
    )
    jinja.globals.update(
        {
            "_": _,
            "ngettext": ngettext,
            "pgettext": pgettext,
            "npgettext": npgettext,
            "aria_current": aria_current,
            "current_timezone": timezone.get_current_timezone_name,
            "error_line": error_line,
            "get_language": translation.get_language,
            "icon": icon,
            "icon_button": icon_button,
            "legal_documents": legal.documents,
            "shortcut_keys": shortcut_keys,
            "static": static,
            "url": url,
            # Of a page, for those that are rendered without a request.
            "announcements": (),
            "messages": (),
            "request": None,
            "theme": "",
            "user": None,
        }
    )
    jinja.filters.update(
        {
            "clock": formatting.clock,
            "credits": formatting.credits,
            "date": _date,
            "day": formatting.day,
            "duration": formatting.duration,
            "file_size": formatting.file_size,
            "images": formatting.image_count,
            "json_script": json_script,
            "localize": localize,
            "moment": formatting.moment,
            "number": formatting.number,
            "percent": formatting.percent,
            "truncatechars": defaultfilters.truncatechars,
            "waiting": _waiting,
        }
    )
    return jinja


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """Return `reverse(name, args=args, kwargs=kwargs)`, faster for one object or none."""
    if not args and not kwargs:
        return _constant_url(name, get_urlconf())
    if len(args) == 1 and isinstance(args[0], UUID):
        return link(name, args[0])
    return reverse(name, args=args, kwargs=kwargs)


@lru_cache(maxsize=500)
def _constant_url(name: str, urlconf: str | None) -> str:
    return reverse(name, urlconf)


@pass_context
def aria_current(context: Context, *pages: str, within: str = "") -> Markup:
    """Return `aria-current` for a link: "page" on these pages, "true" on those in `within`.

    Pages are names of URLs; those of `within` are separated by spaces.
    """
    match = getattr(context.get("request"), "resolver_match", None)
    name = match.url_name if match else ""
    if name in pages:
        return Markup('aria-current="page"')
    return Markup('aria-current="true"' if name in within.split() else "")


def _(text: str, /, **values: object) -> Markup:
    translated = _texts(translation.get_language())[text]
    return translated % values if values else translated


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> Markup:
    return Markup(translation.ngettext(singular, plural, number)) % values


def pgettext(context: str, text: str, /, **values: object) -> Markup:
    translated = Markup(translation.pgettext(context, text))
    return translated % values if values else translated


def npgettext(context: str, singular: str, plural: str, number: int, /, **values: object) -> Markup:
    return Markup(translation.npgettext(context, singular, plural, number)) % values


class _Texts(dict[str, Markup]):
    """Translated texts of one language, by their English ones."""

    def __missing__(self, text: str) -> Markup:
        self[text] = translated = Markup(translation.gettext(text))
        return translated


@lru_cache(maxsize=20)
def _texts(language: str | None) -> _Texts:
    return _Texts()


def json_script(value: object, element_id: str | None = None) -> SafeString:
    """Render a <script> of JSON as Django does, but with letters as they are, not of 6 bytes."""
    return django_json_script(value, element_id, encoder=_Readable)


class _Readable(DjangoJSONEncoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"ensure_ascii": False})


def _waiting(eta: dict[str, float] | None) -> str:
    """Return a forecast {"p50", "p90"} as text: "about 40 s", "20–60 s"; empty for None."""
    return formatting.about(eta["p50"], eta["p90"]) if eta else ""


def _date(value: datetime | date, form: str) -> str:
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return defaultfilters.date(value, form)
