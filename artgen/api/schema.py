"""The OpenAPI description of the REST API and the page that reads it."""

import threading
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from artgen.web.revalidation import not_modified_or

_generating = threading.Lock()


class Schema(SpectacularAPIView):
    """`/api/schema/`: JSON, or YAML for who accepts only that."""

    renderer_classes = SpectacularAPIView.renderer_classes[::-1]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        """Return the description in the language of the request, or of `lang`."""
        language: str | None = request.query_params.get("lang", "")
        if language not in dict(settings.LANGUAGES):
            language = translation.get_language()
        renderer: Any = type(request.accepted_renderer)
        with _generating:  # else the first requests would all generate it
            content = _description(language or settings.LANGUAGE_CODE, renderer)
        return not_modified_or(
            request._request,
            HttpResponse(
                content,
                content_type=f"{renderer.media_type}; charset=utf-8",
                headers={"Content-Disposition": f'inline; filename="ArtGen.{renderer.format}"'},
            ),
        )


@lru_cache
def _description(language: str, renderer: type[Any]) -> bytes:
    """Generate the description, which takes a second; it is the same for everybody."""
    with translation.override(language):
        generator: Any = SchemaGenerator()
        document = generator.get_schema(request=None, public=True)
        return bytes(renderer().render(document, renderer_context={}))


@require_safe
def reader(request: HttpRequest) -> HttpResponse:
    """Show the description as a page on which calls can be tried, with a token or the session."""
    return render(request, "artgen/api.html")
