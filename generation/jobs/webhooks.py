"""RunPod calls here when a job has ended. A signal: nothing in it is believed but that it is worth a look."""

import json
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from generation.jobs import dispatch, lifecycle, webhook_tokens

BODY_MOST = 12 * 1024 * 1024
MAX_ID = 100


@csrf_exempt
@require_POST
def runpod_hook(request: HttpRequest, token: str) -> HttpResponse:
    """Mark the attempt due and look; 200 for every webhook that we asked for (else RunPod repeats it), 404 otherwise.

    The body is read in one case: nobody knows whether RunPod took the attempt. The RunPod job that it names is then a
    candidate, which /status has to confirm, for anybody who learns the address can send a body.
    """
    known = webhook_tokens.read(token)
    if known is None:
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    job_id, attempt = known
    if slug := lifecycle.webhook_received(job_id, attempt=attempt):
        dispatch.check(slug)
    elif lifecycle.is_unknown(job_id, attempt=attempt) and (runpod_id := _runpod_id(request)):
        lifecycle.candidate(job_id, attempt=attempt, runpod_id=runpod_id)
    return HttpResponse()


def _runpod_id(request: HttpRequest) -> str:
    """Return the id in the body; empty where there is none."""
    try:
        body = json.loads(request.read(BODY_MOST))
    except (ValueError, OSError, RecursionError):
        return ""
    runpod_id = body.get("id") if isinstance(body, dict) else None
    if not isinstance(runpod_id, str) or not runpod_id.isprintable() or len(runpod_id) > MAX_ID:
        return ""
    return runpod_id
