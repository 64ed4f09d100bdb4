"""Which addresses have a secret in their path, such as the token of a link in an email.

The marker is the name of a route's parameter: SECRET_PARAMETERS. From it and the URL configuration
tests check nginx/secret_paths.txt, which redacts the secrets in every log: that of nginx
(nginx/render.sh) and those of all other processes (`artgen.logs.redaction`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib.admindocs.utils import replace_named_groups, replace_unnamed_groups
from django.urls import URLPattern, URLResolver
from django.urls.converters import IntConverter, UUIDConverter
from django.urls.resolvers import RegexPattern

SECRET_PARAMETERS = frozenset({"key", "slug", "token", "uidb36", "uidb64"})
"""Parameters that open something: a form of an account, an image, a job's result."""
PUBLIC_PARAMETERS = frozenset(
    {
        "announcement_key",  # names a text that everybody is shown
        "app_label",  # admin
        "code",  # of a problem of the API
        "content_type_id",  # admin
        "document_name",  # terms, privacy or consent
        "id",  # admin
        "language",  # of a page's part
        "name",  # a file: its signature is in the query string, which no log has
        "object_id",  # admin
        "part",  # of pages, the same for everybody
        "program",  # of the page "Connect"
        "provider_id",  # the name of a service that signs users in
        "rest",  # an unknown address of the API
        "url",  # an unknown address of the admin
        "version",  # of a page's part
    }
)
"""Parameters that may be text but are not secret."""

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
OF_EXPRESSIONS = re.compile(r"[()\[\]{}|*+?]")
SEGMENT = "[^/]+"


@dataclass(frozen=True)
class Route:
    """A route: `text` such as "/s/<slug>/report/", names of all parameters, of those of text."""

    text: str
    parameters: tuple[str, ...]
    of_text: tuple[str, ...]

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(name for name in self.parameters if name in SECRET_PARAMETERS)

    @property
    def undeclared(self) -> tuple[str, ...]:
        """The text parameters that are declared neither secret nor public."""
        declared = SECRET_PARAMETERS | PUBLIC_PARAMETERS
        return tuple(name for name in self.of_text if name not in declared)

    @property
    def prefix(self) -> str:
        """A regular expression of the path before the first secret, "" without a secret."""
        prefix = ""
        for text, name in _parts(self.text):
            prefix += re.escape(text).replace("\\-", "-")
            if name in SECRET_PARAMETERS:
                return prefix
            prefix += SEGMENT if name else ""
        return ""


def routes(
    patterns: Sequence[URLPattern | URLResolver],
    *,
    before: str = "/",
    of_text: tuple[str, ...] = (),
) -> Iterator[Route]:
    """Yield the routes of these patterns, with those that they include.

    Raise ValueError for a regular expression with more than fixed text and groups.
    """
    for one in patterns:
        text = before + _text(one)
        converters = one.pattern.converters
        found = tuple(PARAMETER.findall(_text(one)))
        texts = of_text + tuple(
            name
            for name in found
            if not isinstance(converters.get(name), IntConverter | UUIDConverter)
        )
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, before=text, of_text=texts)
        else:
            yield Route(text, tuple(PARAMETER.findall(text)), texts)


def prefixes(patterns: Sequence[URLPattern | URLResolver]) -> list[str]:
    """Return the lines of nginx/secret_paths.txt: the paths before a secret, sorted."""
    return sorted({route.prefix for route in routes(patterns)} - {""})


def _text(one: URLPattern | URLResolver) -> str:
    text = str(one.pattern)
    if not isinstance(one.pattern, RegexPattern):
        return PARAMETER.sub(r"<\1>", text)
    simple = replace_unnamed_groups(replace_named_groups(text))
    simple = re.sub(r"\\[ZA]|[\^$\\]", "", simple)
    if OF_EXPRESSIONS.search(simple):
        raise ValueError(f"only fixed text and groups are supported, not {text!r}")
    return simple


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fixed parts of a route, each with the name of the parameter after it, or ""."""
    pieces = PARAMETER.split(text)
    yield from zip(pieces[::2], [*pieces[1::2], ""], strict=True)
