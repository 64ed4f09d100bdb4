"""Base class of the REST API's views, and strict parsing of query parameters."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from artgen.api.problems import Problem, invalid
from artgen.ids import parse_uuid
from artgen.refusals import FieldError
from artgen.revalidation import not_modified_or

Row = TypeVar("Row", bound=Model)

QUERY_MAX_LENGTH = 500
PLAINLY_ACCEPTED = ("*/*", "application/json", "application/json, */*")


class Endpoint(APIView):
    """An APIView with private responses; GET supports revalidation (304) if `is_revalidated`."""

    is_revalidated = False

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Return the only renderer at once for the Accept headers that most clients send."""
        if request._request.META.get("HTTP_ACCEPT", "*/*") in PLAINLY_ACCEPTED:
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type
        return super().perform_content_negotiation(request, force)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Forbid caching: responses are private and contain addresses that expire."""
        finalized: Any = super().finalize_response(request, response, *args, **kwargs)
        _forbid_caching(finalized)
        if self.is_revalidated and request.method in ("GET", "HEAD"):
            finalized.add_post_render_callback(partial(not_modified_or, request._request))
        return finalized  # type: ignore[no-any-return]


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the JSON object of the body, {} without a body; raise Problem."""
    return cast(Mapping[str, Any], request.data)


def query_of(request: Request, *names: str) -> dict[str, str]:
    """Return the query parameters; raise Problem for unknown, repeated or malformed ones."""
    errors: list[FieldError] = []
    for name, values in request.query_params.lists():
        shown = name[:100]
        if name not in names:
            errors.append(FieldError(shown, "unknown_field", _("Unknown parameter.")))
        elif len(values) > 1:
            errors.append(
                FieldError(shown, "duplicate", _("The parameter is given more than once."))
            )
        elif len(values[0]) > QUERY_MAX_LENGTH:
            detail = _("At most %(max)d characters.") % {"max": QUERY_MAX_LENGTH}
            errors.append(FieldError(shown, "max_length", detail))
        elif not values[0].isprintable():
            errors.append(
                FieldError(shown, "control_characters", _("Control characters are not allowed."))
            )
    if errors:
        raise Problem("invalid", errors=errors)
    return {name: value for name in names if (value := request.query_params.get(name)) is not None}


def choice_of(query: dict[str, str], name: str, choices: Sequence[str]) -> str | None:
    """Return the parameter, None if not given; raise Problem unless it is one of the choices."""
    value = query.get(name)
    if value is not None and value not in choices:
        raise invalid(name, "choices", _("One of: %(choices)s.") % {"choices": ", ".join(choices)})
    return value


def flag_of(query: dict[str, str], name: str) -> bool | None:
    """Return the parameter as a bool, None if not given; raise Problem for other values."""
    value = choice_of(query, name, ("true", "false"))
    return None if value is None else value == "true"


def id_of(query: dict[str, str], name: str) -> UUID | None:
    """Return the parameter as a UUID, None if not given; raise Problem for other values."""
    value = query.get(name)
    if value is None:
        return None
    if (found := parse_uuid(value)) is None:
        raise invalid(name, "invalid", _("Must be an ID."))
    return found


def first_or_404(rows: QuerySet[Row]) -> Row:
    """Return the first row; raise Http404 without a text, unlike `get_object_or_404`."""
    found = rows.first()
    if found is None:
        raise Http404
    return found


def _forbid_caching(response: HttpResponseBase) -> None:
    response.headers.setdefault("Cache-Control", "private, no-store")
