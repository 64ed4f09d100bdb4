"""Refusals in OpenAI's shape, made of the problem documents of our own API.

https://platform.openai.com/docs/guides/error-codes
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response

from artgen.api import problems
from artgen.api.problems import ProblemJson, Shaped
from generation.protocols.ended_jobs import NoImage, StillRunning
from generation.protocols.model_names import ModelNotFound

SHOULD_RETRY = "X-Should-Retry"
"""OpenAI's packages repeat a request after 408, 409, 429 and 5xx, unless this says "false"."""
REPEATABLE = ("too_many_requests", "too_many_waiting", "unavailable", "server_error")
"""Codes after which the same request may succeed in a moment."""
INVALID = "invalid_request_error"
SERVER_ERROR = 500
# Status, type and code in OpenAI's words, by our code; others keep their status and code.
WORDS: Mapping[str, tuple[int, str, str]] = {
    "not_authenticated": (401, INVALID, "invalid_api_key"),
    "invalid_token": (401, INVALID, "invalid_api_key"),
    # Programs show the text of this one; few know 402.
    "too_few_credits": (429, "insufficient_quota", "insufficient_quota"),
    "token_limit_reached": (429, "insufficient_quota", "insufficient_quota"),
    "daily_limit": (429, "insufficient_quota", "insufficient_quota"),
    "monthly_limit": (429, "insufficient_quota", "insufficient_quota"),
    "too_many_requests": (429, "rate_limit_error", "rate_limit_exceeded"),
    "too_many_waiting": (429, "rate_limit_error", "rate_limit_exceeded"),
    "prompt_not_allowed": (400, "image_generation_user_error", "moderation_blocked"),
    "held_for_review": (400, "image_generation_user_error", "moderation_blocked"),
}
# The names of OpenAI's parameters, by those of ours.
PARAMETERS = {"source_images": "image", "file": "image", "count": "n", "width": "size"}
PARAMETERS |= {"height": "size"}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Render an exception of a view; return None for a bug, as `problems.handle` does."""
    if isinstance(error, ModelNotFound | StillRunning | NoImage):
        return rendered(error, status=error.status)
    response = problems.handle(error, context)
    return response and problems.reshaped(response, shaped)


def rendered(refusal: ModelNotFound | StillRunning | NoImage, *, status: int) -> Response:
    parameter = "model" if isinstance(refusal, ModelNotFound) else None
    code = "moderation_blocked" if refusal.code == "prompt_refused" else refusal.code
    error = _error(status, refusal.message, code=code, parameter=parameter)
    return Response(error.body, status=error.status, headers=error.headers)


def shaped(problem: ProblemJson) -> Shaped:
    """Return the error that says the same as a problem."""
    code = problem["code"]
    is_repeatable = code in REPEATABLE
    status, kind, code = WORDS.get(code, (problem["status"], INVALID, code))
    message, parameter = problem["detail"], None
    if problem["errors"]:
        field = problem["errors"][0]
        name = field["field"].partition("[")[0]
        parameter, code = PARAMETERS.get(name, name), field["code"]
        message = field["detail"]
    return _error(
        status, message, code=code, kind=kind, parameter=parameter, is_repeatable=is_repeatable
    )


def _error(
    status: int,
    message: str,
    *,
    code: str,
    kind: str = INVALID,
    parameter: str | None = None,
    is_repeatable: bool = False,
) -> Shaped:
    if status >= SERVER_ERROR:
        kind = "server_error"
    body = {"error": {"message": message, "type": kind, "param": parameter, "code": code}}
    return Shaped(status, body, {SHOULD_RETRY: "true" if is_repeatable else "false"})


@csrf_exempt
def unknown_address(request: HttpRequest, rest: str = "") -> HttpResponse:
    if rest.startswith("v1/"):
        hint = _("The address has /v1 twice. Leave it out of the base address.")
    else:
        hint = _("There are /v1/images/generations, /v1/images/edits and /v1/models.")
    return _not_found(hint)


@csrf_exempt
def address_without_version(request: HttpRequest) -> HttpResponse:
    return _not_found(_("The base address must end with /v1."))


def _not_found(hint: str) -> HttpResponse:
    error = _error(404, hint, code="unknown_url")
    return JsonResponse(
        error.body,
        status=error.status,
        json_dumps_params={"ensure_ascii": False},
        headers=error.headers,
    )
