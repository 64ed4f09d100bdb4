"""RunPod rings here when a job has ended. The ring is a hint: nothing in it is believed but that it is worth a look."""

import json
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from generation import callbacks, hints, lifecycle

BODY_MOST = 12 * 1024 * 1024


@csrf_exempt
@require_POST
def runpod_hook(request: HttpRequest, token: str) -> HttpResponse:
    """Make the attempt due and hint; 200 for every ring that we asked for (else RunPod repeats it), 404 otherwise.

    The body is left unread, but for one case: an attempt of which nobody knows whether RunPod took it. Its RunPod id is
    in there, and what it names is then asked for at RunPod.
    """
    rung = callbacks.read(token)
    if rung is None:
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    job_id, attempt = rung
    if lifecycle.woken(job_id, attempt=attempt) or _adopt(request, job_id, attempt):
        hints.check(job_id)
    return HttpResponse()


def _adopt(request: HttpRequest, job_id: UUID, attempt: int) -> bool:
    if not lifecycle.is_unknown(job_id, attempt=attempt):
        return False
    try:
        body = json.loads(request.read(BODY_MOST))
    except (ValueError, OSError, RecursionError):
        return False
    runpod_id = body.get("id") if isinstance(body, dict) else None
    if not isinstance(runpod_id, str) or not 0 < len(runpod_id) <= 100:
        return False
    return lifecycle.adopted(job_id, attempt=attempt, runpod_id=runpod_id) is not None
