"""The webhook that a provider calls when a job has ended. It only triggers a status check."""

import logging
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from generation.jobs import clients
from generation.jobs.engine import callback_tokens, dispatch, lifecycle

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 12 * 1024 * 1024


@csrf_exempt
@require_POST
def runpod_hook(request: HttpRequest, token: str) -> HttpResponse:
    """Mark the attempt due and check it; 200 for a valid token (so it is not repeated), else 404.

    The body is read only if it is unknown whether the provider took the attempt. The job in it is
    then a candidate that /status must confirm, because anyone who knows the address can call it.
    """
    attempt_key = callback_tokens.read(token)
    if attempt_key is None:
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    job_id, attempt = attempt_key
    log.info("webhook received", extra={"job": str(job_id), "attempt": attempt})
    if slug := lifecycle.receive_webhook(job_id, attempt=attempt):
        dispatch.check(slug)
    elif (provider := lifecycle.provider_of_unknown(job_id, attempt=attempt)) and (
        remote_id := _remote_id(request, provider)
    ):
        lifecycle.store_candidate(job_id, attempt=attempt, runpod_id=remote_id)
    return HttpResponse()


@require_safe
def is_of_runpod(_request: HttpRequest, token: str) -> HttpResponse:
    """Tell nginx before it receives a large body: 204 for a valid token, else 403."""
    is_valid = callback_tokens.read(token) is not None
    return HttpResponse(status=HTTPStatus.NO_CONTENT if is_valid else HTTPStatus.FORBIDDEN)


def _remote_id(request: HttpRequest, provider: str) -> str:
    try:
        body = request.read(MAX_BODY_BYTES)
    except OSError:
        return ""
    return clients.of(provider).webhook_id(body, request.headers)
