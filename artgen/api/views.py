"""Base class of the REST API's views, and strict parsing of query parameters."""

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from artgen.api.operations import Operation
from artgen.api.shapes import read, read_query
from artgen.revalidation import not_modified_or

Row = TypeVar("Row", bound=Model)

PLAINLY_ACCEPTED = ("*/*", "application/json", "application/json, */*")


class Endpoint(APIView):
    """An APIView with private responses; GET supports revalidation (304) if `is_revalidated`."""

    is_revalidated = False
    tag = ""
    """Its section of the OpenAPI document; "": the first part of its address."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Return the only renderer at once for the Accept headers that most clients send."""
        if request._request.META.get("HTTP_ACCEPT", "*/*") in PLAINLY_ACCEPTED:
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type
        return super().perform_content_negotiation(request, force)

    def read_body(self) -> dict[str, Any]:
        """Return the body, validated by the serializer of the operation; raise Problem."""
        partial = self.request.method == "PATCH"
        return read(self._operation.body(data=self.request.data, partial=partial))

    def read_query(self) -> dict[str, Any]:
        """Return the query parameters, validated like the body."""
        return read_query(self._operation.query, self.request)

    @property
    def _operation(self) -> Operation:
        method = cast(str, self.request.method).lower()
        return cast(Operation, getattr(self, method).operation)

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
    """Return the JSON object of the body as it is, {} without a body; raise Problem."""
    return cast(Mapping[str, Any], request.data)


def first_or_404(rows: QuerySet[Row]) -> Row:
    """Return the first row; raise Http404 without a text, unlike `get_object_or_404`."""
    found = rows.first()
    if found is None:
        raise Http404
    return found


def _forbid_caching(response: HttpResponseBase) -> None:
    response.headers.setdefault("Cache-Control", "private, no-store")
