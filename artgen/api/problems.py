"""Every refusal under /api/ as `application/problem+json`: stable codes for programs, translated words for people.

Document members: type, title, status, code, detail, errors (which field, why), and what a code adds, such as `needed`.
https://www.rfc-editor.org/rfc/rfc9457
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from rest_framework.response import Response

from artgen import unavailable
from artgen.cache import CacheAway

CONTENT_TYPE = "application/problem+json"
PREFIX = "/api/"

KINDS: Mapping[str, tuple[int, Any]] = {
    "invalid": (400, gettext_lazy("Something in the request is not right")),
    "malformed": (400, gettext_lazy("The request cannot be read")),
    "not_authenticated": (401, gettext_lazy("Please sign in")),
    "invalid_token": (401, gettext_lazy("This token is not valid")),
    "too_few_credits": (402, gettext_lazy("Not enough credits")),
    "permission_denied": (403, gettext_lazy("Not allowed")),
    "not_publishable": (403, gettext_lazy("This picture is not shown in public")),
    "csrf_failed": (403, gettext_lazy("The CSRF token is missing or wrong")),
    "not_found": (404, gettext_lazy("There is nothing here")),
    "method_not_allowed": (405, gettext_lazy("This address does not take this method")),
    "not_acceptable": (406, gettext_lazy("Only JSON can be answered")),
    "in_the_trash": (409, gettext_lazy("The picture is in the trash")),
    "already_final": (409, gettext_lazy("It was finished already")),
    "idempotency_key_busy": (409, gettext_lazy("What this key placed exists no more")),
    "too_many_collections": (409, gettext_lazy("There are too many collections")),
    "too_large": (413, gettext_lazy("The request is too large")),
    "unsupported_media_type": (415, gettext_lazy("This type of content cannot be read")),
    "idempotency_key_reused": (422, gettext_lazy("This key belongs to another request")),
    "too_many_requests": (429, gettext_lazy("Too many requests")),
    "too_many_waiting": (429, gettext_lazy("Too many pictures are waiting")),
    "server_error": (500, gettext_lazy("Something went wrong here")),
    "generation_off": (503, gettext_lazy("Creating is paused")),
    "unavailable": (
        503,
        gettext_lazy("ArtGen is back in a moment"),
    ),  # also by nginx while the application is away
}
"""Each code with its status and title. A published code never changes."""

DATABASE_AWAY = gettext_lazy(
    "The database is not answering. When it is back you can see whether this was done; with an Idempotency-Key you can "
    "safely send it again."
)

BUCKET_AWAY = gettext_lazy(
    "The storage for images is not answering. Nothing was changed; try again in a minute."
)


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with one field of the body, query parameter or header."""

    field: str
    code: str
    detail: str


class Problem(exceptions.APIException):
    """A refusal: one of KINDS, in words, with the fields at fault, headers and members of its own."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail, code)
        self.code = code
        self.status_code = KINDS[code][0]
        self.text = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.members = members

    def document(self) -> dict[str, Any]:
        """Return the document in the active language."""
        status, title = KINDS[self.code]
        return {
            "type": f"{settings.PUBLIC_URL}{PREFIX}problems/{self.code}/",
            "title": str(title),
            "status": status,
            "code": self.code,
            "detail": self.text or " ".join(error.detail for error in self.errors) or str(title),
            "errors": [asdict(error) for error in self.errors],
            **self.members,
        }


def invalid(field: str, code: str, detail: str) -> Problem:
    """Return the refusal of one field."""
    return Problem("invalid", errors=[FieldProblem(field=field, code=code, detail=detail)])


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of an API view as a problem; None for a bug, which Django logs and `server_error` answers."""
    problem = _problem(error)
    if problem is None:
        return None
    headers = {**problem.headers, "Cache-Control": "no-store"}
    if challenge := getattr(error, "auth_header", ""):
        invalid_token = ', error="invalid_token"' if problem.code == "invalid_token" else ""
        headers["WWW-Authenticate"] = f"{challenge}{invalid_token}"
    response = Response(problem.document(), status=problem.status_code, headers=headers)
    response.content_type = CONTENT_TYPE
    return response


@csrf_exempt
def unknown_address(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer what no address under /api/ takes; a forgotten slash at the end is put right for reading."""
    if not rest.endswith("/") and _is_known(f"{request.path_info}/"):
        if request.method in ("GET", "HEAD"):
            return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
        return respond(
            Problem(
                "not_found", _("Addresses end with a slash: %(path)s/") % {"path": request.path}
            )
        )
    return respond(Problem("not_found"))


@require_safe
def kind(request: HttpRequest, code: str) -> HttpResponse:
    """Tell what the `type` of a problem means."""
    if code not in KINDS:
        return respond(Problem("not_found"))
    status, title = KINDS[code]
    return JsonResponse(
        {"code": code, "status": status, "title": str(title)},
        json_dumps_params={"ensure_ascii": False},
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 or 413 outside any view (handler400)."""
    if request.path.startswith(PREFIX):
        return respond(_problem(exception) or Problem("malformed"))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 outside any view (handler403)."""
    if request.path.startswith(PREFIX):
        return respond(Problem("permission_denied"))
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 outside any view (handler404)."""
    if request.path.startswith(PREFIX):
        return respond(Problem("not_found"))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug (handler500), of which the client learns nothing, or say that the database is away."""
    is_api = request.path.startswith(PREFIX)
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return respond(_unavailable(DATABASE_AWAY)) if is_api else unavailable.page("database")
    if is_api:
        return respond(Problem("server_error", _("It has been noted. Please try again later.")))
    return defaults.server_error(request)


def _problem(error: Exception) -> Problem | None:
    match error:
        case Problem():
            return error
        case exceptions.AuthenticationFailed():
            return Problem(
                "invalid_token", _("It is wrong, has been revoked, or its owner may not sign in.")
            )
        case exceptions.NotAuthenticated():
            return Problem(
                "not_authenticated", _("Send a token as “Authorization: Bearer …”, or sign in.")
            )
        case exceptions.PermissionDenied() | PermissionDenied():
            return Problem("permission_denied")
        case exceptions.NotFound() | Http404():
            return Problem("not_found")
        case exceptions.MethodNotAllowed():
            return Problem("method_not_allowed")
        case exceptions.NotAcceptable():
            return Problem("not_acceptable")
        case exceptions.UnsupportedMediaType():
            return Problem("unsupported_media_type")
        case RequestDataTooBig():
            return too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        case (
            exceptions.ParseError() | MultiPartParserError() | SuspiciousOperation() | BadRequest()
        ):
            return Problem("malformed")
        case CacheAway():
            return _unavailable(
                _(
                    "What counts your requests is not answering, so this has to wait. Nothing was changed."
                )
            )
        case unavailable.BucketAway():
            return _unavailable(BUCKET_AWAY)
        case UnreadablePostError():
            return Problem("malformed", _("The connection broke while the request was being read."))
        case _:
            return None


def _unavailable(detail: Any) -> Problem:
    return Problem(
        "unavailable", str(detail), headers={"Retry-After": str(unavailable.RETRY_AFTER_SECONDS)}
    )


def too_large(most: int, *, field: str = "") -> Problem:
    """Return the refusal of a body, or of one field of it, above `most` bytes."""
    detail = _("At most %(max)d bytes.") % {"max": most}
    errors = [FieldProblem(field=field, code="too_large", detail=detail)] if field else []
    return Problem("too_large", detail, errors=errors, limit=most)


def respond(problem: Problem) -> HttpResponse:
    """Answer a problem outside of the API's own views."""
    response = JsonResponse(
        problem.document(),
        status=problem.status_code,
        json_dumps_params={"ensure_ascii": False},
        content_type=CONTENT_TYPE,
        headers=problem.headers,
    )
    response["Cache-Control"] = "no-store"
    return response


def _is_known(path: str) -> bool:
    try:
        return resolve(path).func is not unknown_address
    except Resolver404:
        return False
