"""The OpenAPI description of the REST API and the page that reads it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView


class Schema(SpectacularAPIView):
    """`/api/schema/`: JSON, or YAML for who accepts only that."""

    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer2,
        OpenApiYamlRenderer,
    ]


@require_safe
def reader(request: HttpRequest) -> HttpResponse:
    """Show the description as a page on which calls can be tried, with a token or the session."""
    return render(request, "artgen/api.html")
