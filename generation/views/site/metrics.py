"""`/metrics` for Prometheus on the internal network; 404 for requests through a proxy."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from generation.operations.scrape import exposition


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if "X-Forwarded-For" in request.headers or "X-Real-IP" in request.headers:
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
