"""What nginx asks before it receives a large body (nginx/site.conf)."""

from http import HTTPStatus

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access.request_user import user_of
from accounts.tokens.authentication import (
    ApiKeyAuthentication,
    BearerAuthentication,
    PasswordAuthentication,
    SessionAuthentication,
)
from artgen.api.views import ApiView


class Sender(ApiView):
    """Whether the session or the token is that of a user; tokens need no scope."""

    authentication_classes = (
        *(BearerAuthentication, PasswordAuthentication, ApiKeyAuthentication),
        SessionAuthentication,
    )
    permission_classes = (IsAuthenticated,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Return 204 and whose it is, or 401 or 403 for anybody else."""
        headers = {"X-Account": str(user_of(request).pk)}
        return Response(status=HTTPStatus.NO_CONTENT, headers=headers)


sender = require_safe(Sender.as_view({"get": "get"}))


@require_safe
def path_token_sender(request: HttpRequest, token: str, rest: str) -> HttpResponseBase:
    """Respond as `sender` about the token of an address."""
    request.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    request.__dict__.pop("headers", None)  # Django keeps what it has read
    return sender(request)
