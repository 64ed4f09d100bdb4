"""`/mcp`: authenticates, and leaves the rest to the package `mcp` in the ASGI process."""

import asyncio
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from accounts.access.request_user import user_of
from accounts.models import Scope
from accounts.tokens.authentication import BearerAuthentication, SessionAuthentication
from artgen.api.operations import operation
from artgen.api.problems import Problem
from artgen.api.views import ApiView
from artgen.http.untrusted import InvalidJSON, parse_json
from artgen.processes.later import Again, set_later
from generation.protocols.mcp.bridge import response_of

SERVER = "generation.protocols.mcp.server.handle"


class TokenAuthentication(BearerAuthentication):
    """A token; refusals name the metadata (RFC 9728, section 5.1)."""

    def authenticate_header(self, request: Request) -> str:
        metadata = f"{settings.PUBLIC_URL}/.well-known/oauth-protected-resource/mcp"
        return f'{super().authenticate_header(request)}, resource_metadata="{metadata}"'


class Mcp(ApiView):
    """`/mcp`, streamable HTTP without sessions: GET and DELETE are 405."""

    schema = None
    negotiates = False  # the package does
    authentication_classes = (TokenAuthentication, SessionAuthentication)

    @operation("POST mcp", url_name="mcp", scope=Scope.READ)
    def call(self, request: Request) -> HttpResponseBase:
        """Handle one message."""
        scope = getattr(request._request, "scope", None)
        if scope is None:
            raise Problem("misdirected")
        access: Any = request.auth  # `tokens.TokenAccess`, None with a session
        scope = scope | {
            "artgen.user": user_of(request),
            "artgen.can_create": access is None or Scope.CREATE in access.scopes,
            "artgen.language": translation.get_language() or settings.LANGUAGE_CODE,
        }
        body = request._request.body
        try:
            parse_json(body)  # so that the package parses nothing that is too large in memory
        except InvalidJSON as error:
            raise Problem("malformed") from error
        response = HttpResponse()
        set_later(response, partial(_handled, scope, body))
        return response


async def _handled(scope: dict[str, Any], body: bytes, _again: Again) -> HttpResponseBase:
    handle = await asyncio.to_thread(import_string, SERVER)
    return await response_of(handle, scope, body)


@require_safe
def resource_metadata(request: HttpRequest) -> JsonResponse:
    """Describe `/mcp` (RFC 9728). Tokens are from our pages: there is no authorization server."""
    metadata = {
        "resource": f"{settings.PUBLIC_URL}/mcp",
        "resource_name": "ArtGen",
        "scopes_supported": [Scope.READ, Scope.CREATE],
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{settings.PUBLIC_URL}/connect/claude/",
    }
    return JsonResponse(metadata, headers={"Access-Control-Allow-Origin": "*"})
