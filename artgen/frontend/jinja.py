"""Jinja2 for what a page shows dozens of times: cards and tiles, ten times as fast as with Django's templates.

The templates lie in `jinja2/` of each app; a tag of ours renders them inside of a page. They know the icons, `link` for
addresses of one thing, and `_`; numbers are written as numbers, never in the reader's way.
"""

from functools import lru_cache
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from jinja2 import Environment
from markupsafe import Markup, escape

from artgen import formatting
from artgen.frontend.links import link
from artgen.templatetags.theme import icon


def environment(**options: Any) -> Environment:
    """Return the environment of all Jinja2 templates."""
    made = Environment(**(options | {"autoescape": True}))  # noqa: S701  it is on
    made.globals.update({"icon": icon, "link": link})
    made.filters.update(
        {"credits": formatting.credits, "clock": formatting.clock, "duration": formatting.duration}
    )
    return made


def rendered(template_name: str, **values: Any) -> SafeString:
    """Return a Jinja2 template rendered with these values and nothing else."""
    texts = _texts(get_language() or "")
    return mark_safe(
        get_template(template_name, using="jinja2").render({"_": texts.__getitem__, **values})
    )


class _Texts(dict[str, Markup]):
    """The texts of one language by their English ones, ready for HTML: each is translated and escaped once."""

    def __missing__(self, text: str) -> Markup:
        self[text] = translated = escape(gettext(text))
        return translated


@lru_cache(maxsize=20)
def _texts(language: str) -> _Texts:
    return _Texts()
