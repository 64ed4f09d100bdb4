"""Strict JSON bodies (RFC 8259): one object, unique fields, limited size and depth."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from artgen.api.problems import Problem, invalid, too_large
from artgen.bounded_json import BoundedDecoder, TooDeep, TooManyParts, UnreadableNumber

MAX_DEPTH = 10


class StrictJSONParser(BaseParser):
    """Parse `application/json`; raise Problem `malformed`, `invalid` or `too_large`."""

    media_type = "application/json"
    max_bytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object; read at most `max_bytes`."""
        raw = stream.read(self.max_bytes + 1)
        if len(raw) > self.max_bytes:
            raise too_large(self.max_bytes)
        return self.parse_object(raw)

    def parse_object(self, raw: bytes) -> dict[str, Any]:
        """Return the JSON object in UTF-8 bytes."""
        with refusing_malformed():
            value = json.loads(
                raw.decode("utf-8"),
                cls=BoundedDecoder,
                max_depth=MAX_DEPTH,
                object_pairs_hook=_once,
                parse_float=float,  # of 1e400 a field says more
            )
        if not isinstance(value, dict):
            raise Problem("malformed", _("The body must be one JSON object."))
        return value


@contextmanager
def refusing_malformed() -> Iterator[None]:
    """Raise Problem for what cannot be read."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise Problem("malformed", _("The body isn’t valid UTF-8.")) from error
    except TooDeep as error:
        raise Problem("malformed", _("The body is nested too deeply.")) from error
    except TooManyParts as error:
        raise Problem("malformed", _("The body has too many parts.")) from error
    except UnreadableNumber as error:
        raise Problem("malformed", _("The body contains an invalid number.")) from error
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise Problem(
            "malformed", _("The body isn’t valid JSON: line %(line)d, column %(column)d.") % where
        ) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        shown = name.encode("utf-8", "replace").decode()[:100]
        if shown != name:
            raise invalid(shown, "unknown_field", _("Unknown field."))
        if name in members:
            raise invalid(name, "duplicate", _("The field is given more than once."))
        members[name] = value
    return members
