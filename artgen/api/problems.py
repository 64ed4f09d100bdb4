"""The API's renderer of refusals: `application/problem+json`, stable codes, translated texts.

Document members: type, title, status, code, detail, errors (which field, why), and those that a
code adds, such as `needed`. https://www.rfc-editor.org/rfc/rfc9457
"""

import errno
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypedDict, cast
from uuid import UUID

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
from django.utils import translation
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from rest_framework.response import Response

from artgen.api.json_types import Url
from artgen.observability import request_stats
from artgen.refusals import FieldError, Refusal, Unavailable
from artgen.web import unavailable_page

if TYPE_CHECKING:  # importing it reads settings that name this module
    from rest_framework.views import APIView

CONTENT_TYPE = "application/problem+json"
PREFIX = "/api/"
PREFIXES = (PREFIX, "/v1/", "/sdapi/", "/t/", "/mcp")
"""Of addresses that programs use: they get no pages."""
MEGABYTE = 1_000_000

KINDS: Mapping[str, tuple[int, Any]] = {
    "invalid": (400, gettext_lazy("Invalid request")),
    "malformed": (400, gettext_lazy("Malformed request")),
    "not_authenticated": (401, gettext_lazy("Authentication required")),
    "invalid_token": (401, gettext_lazy("Invalid token")),
    "too_few_credits": (402, gettext_lazy("Not enough credits")),
    "token_limit_reached": (402, gettext_lazy("The token’s spending limit is reached")),
    "price_too_high": (402, gettext_lazy("The price is higher than max_credits")),
    "second_factor_required": (403, gettext_lazy("Two-factor authentication required")),
    "account_banned": (403, gettext_lazy("The account is banned")),
    "missing_scope": (403, gettext_lazy("The token lacks a scope")),
    "permission_denied": (403, gettext_lazy("Forbidden")),
    "not_publishable": (403, gettext_lazy("The image can’t be published")),
    "prompt_not_allowed": (403, gettext_lazy("The prompt isn’t allowed")),
    "held_for_review": (403, gettext_lazy("The request waits for a review")),
    "csrf_failed": (403, gettext_lazy("The CSRF token is missing or wrong")),
    "model_not_allowed": (403, gettext_lazy("The account has no access to this model")),
    "size_not_allowed": (403, gettext_lazy("The image is larger than the account allows")),
    "batch_not_allowed": (403, gettext_lazy("More images at a time than the account allows")),
    "not_found": (404, gettext_lazy("Not found")),
    "not_shared": (404, gettext_lazy("No image is shared under this secret")),
    "prompt_helper_off": (404, gettext_lazy("This site has no prompt helper")),
    "method_not_allowed": (405, gettext_lazy("Method not allowed")),
    "not_acceptable": (406, gettext_lazy("Only JSON responses are available")),
    "in_the_trash": (409, gettext_lazy("The image is in the trash")),
    "not_savable": (409, gettext_lazy("The image can’t be saved")),
    "already_decided": (409, gettext_lazy("Already decided")),
    "already_final": (409, gettext_lazy("Already finished")),
    "idempotency_key_busy": (409, gettext_lazy("The job for this key was deleted")),
    "too_many_collections": (409, gettext_lazy("Too many collections")),
    "too_many_tags": (409, gettext_lazy("Too many tags")),
    "too_many_webhooks": (409, gettext_lazy("Too many webhooks")),
    "storage_full": (409, gettext_lazy("The storage limit is reached")),
    "too_large": (413, gettext_lazy("The request is too large")),
    "address_too_long": (414, gettext_lazy("The address is too long")),  # sent by nginx
    "unsupported_media_type": (415, gettext_lazy("Unsupported content type")),
    "misdirected": (421, gettext_lazy("The proxy must send this address to daphne")),
    "idempotency_key_reused": (422, gettext_lazy("This key was used for a different request")),
    "no_proposal": (422, gettext_lazy("The proposal couldn’t be generated")),
    "headers_too_large": (431, gettext_lazy("The headers are too large")),  # sent by nginx
    "too_many_requests": (429, gettext_lazy("Too many requests")),
    "too_many_waiting": (429, gettext_lazy("Too many queued images")),
    "daily_limit": (429, gettext_lazy("The daily limit is reached")),
    "monthly_limit": (429, gettext_lazy("The monthly limit is reached")),
    "server_error": (500, gettext_lazy("Server error")),
    "budget_reached": (503, gettext_lazy("The budget is used up")),
    "generation_off": (503, gettext_lazy("Image creation is paused")),
    "unavailable": (
        503,
        gettext_lazy("ArtGen is temporarily unavailable"),
    ),  # also sent by nginx while the application is away
}
"""Each published code with its status and title. A published code never changes."""

CODES = [(code, code) for code in KINDS]


class FieldProblemJson(TypedDict):
    """One invalid field."""

    field: Annotated[
        str, "A field of the body (`width`, `jobs[2].width`), a parameter or a header."
    ]
    code: Annotated[str, "Stable, for use in code: `required`, `max_value`, `not_supported` …"]
    detail: Annotated[str, "Human-readable, in the language of Accept-Language; names the limit."]


class _RefusalJson(TypedDict):
    type: Url
    title: str
    status: int
    code: Annotated[str, CODES, "Stable, for use in code."]
    detail: str
    errors: list[FieldProblemJson]


class ProblemJson(_RefusalJson, total=False):
    """A refusal in the format of RFC 9457."""

    needed: Annotated[
        int, "`too_few_credits`, `token_limit_reached`, `price_too_high`: the total price."
    ]
    available: Annotated[
        int, "`too_few_credits`: the available balance; `token_limit_reached`: what is left."
    ]
    scope: Annotated[str, "`missing_scope`: the scope that the call needs."]
    limit: Annotated[
        int,
        "`too_large`, `too_many_waiting`, `daily_limit`, `monthly_limit`, `batch_not_allowed`, "
        "`storage_full`, `too_many_collections`: the limit; `size_not_allowed`: the limit in "
        "pixels; `price_too_high`: `max_credits`.",
    ]
    model: Annotated[str, "`model_not_allowed`: the slug of the model."]
    review: Annotated[
        UUID,
        "`prompt_not_allowed`, `held_for_review`: the stored request, `GET /api/v1/reviews/ID/`.",
    ]
    can_appeal: Annotated[
        bool,
        "`prompt_not_allowed`, `held_for_review`: whether `POST /api/v1/reviews/ID/appeal/` "
        "requests a review.",
    ]
    categories: Annotated[
        list[str], "`prompt_not_allowed`, `held_for_review`: what the rules are about."
    ]
    words: Annotated[list[str], "`prompt_not_allowed`, `held_for_review`: what the rules found."]
    reason: Annotated[str, "`account_banned`: why, in the words of staff."]
    until: Annotated[datetime | None, "`account_banned`: the end of the ban; null: without an end."]


class Shaped(NamedTuple):
    """A problem in the words of another protocol."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


BUSY = gettext_lazy("Too many requests at once. Nothing was done. Try again in a few seconds.")
BUSY_RETRY_SECONDS = 10
DATABASE_AWAY = gettext_lazy(
    "The database isn’t responding. Whether this was done is visible once it is back. With an "
    "Idempotency-Key it is safe to send it again."
)
DISK_FULL = gettext_lazy("The disk for temporary files is full. Try again in a minute.")


class Problem(Refusal):
    """A refusal of the API itself, such as a body that cannot be read: one of KINDS."""

    def __init__(
        self,
        code: str,
        detail: Promise | str = "",
        *,
        errors: Sequence[FieldError] = (),
        **members: Any,
    ) -> None:
        super().__init__(detail, errors=errors, **members)
        self.code = code
        self.status = KINDS[code][0]


def document(refusal: Refusal) -> ProblemJson:
    title = str(KINDS[refusal.code][1])
    problem = {
        "type": f"{settings.PUBLIC_URL}{PREFIX}problems/{refusal.code}/",
        "title": title,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.message or title,
        "errors": [asdict(error) for error in refusal.errors],
        **refusal.members,
    }
    return cast(ProblemJson, problem)


def invalid(field: str, code: str, detail: str) -> Problem:
    return Problem("invalid", errors=[FieldError(field=field, code=code, detail=detail)])


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Render an exception of an API view as a problem.

    Return None for a bug: Django logs it, and `server_error` responds.
    """
    refusal = _refusal(error, context["view"])
    if refusal is None:
        return None
    headers = _headers(refusal)
    if challenge := getattr(error, "auth_header", ""):
        invalid_token = ', error="invalid_token"' if refusal.code == "invalid_token" else ""
        headers["WWW-Authenticate"] = f"{challenge}{invalid_token}"
    response = Response(document(refusal), status=refusal.status, headers=headers)
    response.content_type = CONTENT_TYPE
    request_stats.mark(response, refusal)
    return response


@csrf_exempt
def unknown_address(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Respond to unknown addresses under /api/; redirect GET and HEAD to add a missing slash."""
    if not rest.endswith("/") and _is_known(f"{request.path_info}/"):
        if request.method in ("GET", "HEAD"):
            return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
        return respond(
            Problem(
                "not_found", _("Addresses end with a slash: %(path)s/") % {"path": request.path}
            )
        )
    return respond(Problem("not_found", _("There is nothing at this address. See /api/docs/.")))


@require_safe
def kind(request: HttpRequest, code: str) -> HttpResponse:
    """Describe the `type` of a problem."""
    if code not in KINDS:
        return respond(Problem("not_found"))
    status, title = KINDS[code]
    return JsonResponse(
        {"code": code, "status": status, "title": str(title)},
        json_dumps_params={"ensure_ascii": False},
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PREFIXES):
        return respond(_refusal(exception) or Problem("malformed"), path=request.path)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PREFIXES):
        return respond(Problem("permission_denied"), path=request.path)
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PREFIXES):
        return respond(Problem("not_found"), path=request.path)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond to a bug without details (handler500), or with 503 for a database or disk."""
    refusal: Refusal = Problem("server_error", _("The error has been logged. Try again later."))
    part = ""
    match sys.exception():
        case OperationalError() | InterfaceError():
            part, refusal = "database", Unavailable(DATABASE_AWAY)
        case OSError(errno=errno.ENOSPC):
            part, refusal = "disk", Unavailable(DISK_FULL)
    if request.path.startswith(PREFIXES):
        return respond(refusal, path=request.path)
    return unavailable_page.page(part) if part else defaults.server_error(request)


def busy(request: HttpRequest) -> HttpResponse:
    """Respond to a request for which the process has had no time."""
    with translation.override(translation.get_language_from_request(request)):
        refusal = Problem("unavailable", BUSY, retry_after=BUSY_RETRY_SECONDS)
        return respond(refusal, path=request.path)


def _refusal(error: Exception, view: "APIView | None" = None) -> Refusal | None:
    match error:
        case Refusal():
            return error
        case exceptions.AuthenticationFailed():
            detail = _("The token is wrong or revoked, or its owner can’t sign in.")
            return Problem("invalid_token", detail)
        case exceptions.NotAuthenticated():
            detail = _("Send a token as “Authorization: Bearer …”, or sign in.")
            return Problem("not_authenticated", detail)
        case exceptions.PermissionDenied() | PermissionDenied():
            return Problem("permission_denied")
        case exceptions.NotFound() | Http404():
            return Problem("not_found")
        case exceptions.MethodNotAllowed() if view:
            allowed = ", ".join(view.allowed_methods)
            return Problem("method_not_allowed", _("Allowed: %(methods)s.") % {"methods": allowed})
        case exceptions.NotAcceptable():
            return Problem("not_acceptable")
        case exceptions.UnsupportedMediaType() if view:
            types = ", ".join(parser.media_type for parser in view.get_parsers())
            return Problem("unsupported_media_type", _("Send %(types)s.") % {"types": types})
        case RequestDataTooBig():
            return too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        case (
            exceptions.ParseError() | MultiPartParserError() | SuspiciousOperation() | BadRequest()
        ):
            return Problem("malformed")
        case UnreadablePostError():
            return Problem("malformed", _("The connection was lost while reading the request."))
        case _:
            return None


def _headers(refusal: Refusal) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    return headers


def too_large(limit: int, *, field: str = "") -> Problem:
    """Return the refusal of a body, or of one field of it, above `limit` bytes."""
    if limit >= MEGABYTE:
        detail = _("At most %(max)d MB.") % {"max": limit // MEGABYTE}
    else:
        detail = _("At most %(max)d bytes.") % {"max": limit}
    errors = [FieldError(field=field, code="too_large", detail=detail)] if field else []
    return Problem("too_large", detail, errors=errors, limit=limit)


def respond(refusal: Refusal, *, path: str = PREFIX) -> HttpResponse:
    """Respond outside of the API's own views, in the words of the protocol of this path."""
    problem, content_type = Shaped(refusal.status, {**document(refusal)}, {}), CONTENT_TYPE
    for pattern, name in settings.PROBLEM_SHAPES.items():
        if re.match(pattern, path):
            problem, content_type = import_string(name)(problem.body), "application/json"
    response = JsonResponse(
        problem.body,
        status=problem.status,
        json_dumps_params={"ensure_ascii": False},
        content_type=content_type,
        headers=_headers(refusal) | problem.headers,
    )
    request_stats.mark(response, refusal)
    return response


def reshaped(response: Response, shape: Callable[[ProblemJson], Shaped]) -> Response:
    """Return the response to a problem in the words of another protocol."""
    response.status_code, response.data, headers = shape(response.data)
    response.content_type = None
    for name, value in headers.items():
        response[name] = value
    return response


def _is_known(path: str) -> bool:
    try:
        return resolve(path).func is not unknown_address
    except Resolver404:
        return False
