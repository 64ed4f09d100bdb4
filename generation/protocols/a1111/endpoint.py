"""What all resources share: tokens, refusals as `detail`, and what a token's program has chosen."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access.request_user import user_of
from accounts.tokens.authentication import (
    BearerAuthentication,
    PasswordAuthentication,
    SessionAuthentication,
)
from accounts.tokens.tokens import TokenAccess
from artgen.api import problems
from artgen.api.problems import ProblemJson, Shaped
from artgen.api.views import ApiView
from generation.protocols.ended_jobs import NoImage, StillRunning
from generation.protocols.model_names import ModelNotFound

CHOICE_SECONDS = 90 * 24 * 3600
ORDER_SECONDS = 3600


class A1111Endpoint(ApiView):
    """A resource. Its clients send a token as the password of Basic, or as Bearer."""

    schema = None
    negotiates = False
    authentication_classes = (PasswordAuthentication, BearerAuthentication, SessionAuthentication)

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return handle


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Render an exception of a view; return None for a bug, as `problems.handle` does."""
    if isinstance(error, ModelNotFound | StillRunning | NoImage):
        return refused(error, status=error.status)
    response = problems.handle(error, context)
    return response and problems.reshaped(response, shaped)


def shaped(problem: ProblemJson) -> Shaped:
    """Return the error that says the same as a problem."""
    fields = [f"{field['field']}: {field['detail']}" for field in problem["errors"]]
    body = {"detail": "; ".join(fields) or problem["detail"], "code": problem["code"]}
    return Shaped(problem["status"], body, {})


def refused(refusal: ModelNotFound | StillRunning | NoImage, *, status: int) -> Response:
    return Response({"detail": refusal.message, "code": refusal.code}, status=status)


def caller_of(request: Request) -> UUID:
    """Return whose settings and jobs the request means: those of its token."""
    access = request.auth
    return access.token_id if isinstance(access, TokenAccess) else user_of(request).pk


def choose_model(caller: UUID, slug: str) -> None:
    cache.set(f"a1111:model:{caller}", slug, CHOICE_SECONDS)


def chosen_model(caller: UUID) -> str:
    slug: str = cache.get(f"a1111:model:{caller}") or ""
    return slug


def remember_jobs(caller: UUID, job_ids: Iterable[UUID]) -> None:
    cache.set(f"a1111:jobs:{caller}", [str(job_id) for job_id in job_ids], ORDER_SECONDS)


def last_jobs(caller: UUID) -> Sequence[UUID]:
    return [UUID(job_id) for job_id in cache.get(f"a1111:jobs:{caller}") or ()]
