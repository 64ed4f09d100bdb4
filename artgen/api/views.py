"""Base class of the REST API's resources."""

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponseBase
from django.urls import URLPattern, path
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from artgen.api.inputs import read
from artgen.api.operations import Operation
from artgen.web.revalidation import not_modified_or

PLAINLY_ACCEPTED = ("*/*", "application/json", "application/json, */*")


class ApiView(ViewSetMixin, APIView):
    """A resource: its methods are operations, with private responses."""

    tag = ""
    """Its section of the OpenAPI document; "": the first part of its address."""
    negotiates = True
    """Whether Accept is read; clients of other protocols than our own send what they like."""
    query: dict[str, Any]
    """The query parameters, validated by the serializer of the operation."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Return the only renderer at once for the Accept headers that most clients send.

        And for methods that the address does not have: the answer is 405, not 406.
        """
        accepted = request._request.META.get("HTTP_ACCEPT", "*/*")
        if accepted in PLAINLY_ACCEPTED or not (self.action and self.negotiates):
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type
        return super().perform_content_negotiation(request, force)

    @classmethod
    def addresses(cls) -> list[URLPattern]:
        names: dict[str, dict[str, Any]] = {}
        url_names: dict[str, str | None] = {}
        for name, method in vars(cls).items():
            if isinstance(operation := getattr(method, "operation", None), Operation):
                names.setdefault(operation.address, {})[operation.method.lower()] = name
                url_names[operation.address] = (
                    url_names.get(operation.address) or operation.url_name
                )
        return [
            path(address, cls.as_view(actions), name=url_names[address])
            for address, actions in names.items()
        ]

    @property
    def operation(self) -> Operation | None:
        """The operation of the request, None for methods that the address does not have."""
        return getattr(getattr(self, self.action or "", None), "operation", None)

    def read_body(self, *, is_optional: bool = False) -> dict[str, Any]:
        """Return the body, validated by the serializer of the operation; raise Problem.

        If `is_optional`, it is read only if it is JSON: clients send an empty form, too.
        """
        serializer = cast(Operation, self.operation).body
        try:
            data = self.request.data
        except UnsupportedMediaType:
            if not is_optional:
                raise
            data = {}
        return read(serializer(data=data, partial=self.request.method == "PATCH"))

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        """Forbid caching: responses are private and contain addresses that expire."""
        finalized: Any = super().finalize_response(request, response, *args, **kwargs)
        _forbid_caching(finalized)
        if self.operation and self.operation.is_revalidated:
            finalized.add_post_render_callback(partial(not_modified_or, request._request))
        return finalized  # type: ignore[no-any-return]


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the JSON object of the body as it is, {} without a body; raise Problem."""
    return cast(Mapping[str, Any], request.data)


def first_or_404[Row: Model](rows: QuerySet[Row]) -> Row:
    """Return the first row; raise Http404 without a text, unlike `get_object_or_404`."""
    row = rows.first()
    if row is None:
        raise Http404
    return row


def _forbid_caching(response: HttpResponseBase) -> None:
    response.headers.setdefault("Cache-Control", "private, no-store")
