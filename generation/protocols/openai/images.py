"""`/v1/images/generations` and `/v1/images/edits`: place a batch, wait for it, send its images."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access.request_user import limited_token, user_of
from accounts.limits import rate_limits
from accounts.models import Scope
from accounts.tokens.authentication import (
    ApiKeyAuthentication,
    BearerAuthentication,
    SessionAuthentication,
)
from accounts.tokens.tokens import TokenAccess
from artgen.api.operations import operation
from artgen.api.parsers import StrictJSONParser
from artgen.api.views import ApiView, body_of
from artgen.processes.later import arrived_at, waited
from generation.api import waiting
from generation.api.batch_bodies import read_key
from generation.api.waiting import Step
from generation.catalog import shapes
from generation.catalog.offers import Offer
from generation.jobs.live.job_waits import WaitStep
from generation.jobs.placing import idempotency
from generation.jobs.placing.client_calls import ClientCall
from generation.jobs.placing.job_order import JobOrder
from generation.models import Job
from generation.protocols import image_orders
from generation.protocols.ended_jobs import MAX_SECONDS, StillRunning, jobs_after
from generation.protocols.openai import errors, image_form, image_reply
from generation.protocols.openai.image_form import ImageForm, ReplyForm
from generation.protocols.source_files import SourceFiles

ATTEMPT = "X-Stainless-Retry-Count"
CANCEL = "X-Cancel-On-Disconnect"
ACCEPTED = 202
STREAM = "text/event-stream"


class OpenAIEndpoint(ApiView):
    schema = None
    negotiates = False
    authentication_classes = (BearerAuthentication, ApiKeyAuthentication, SessionAuthentication)

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return errors.handle


class OpenAIImages(OpenAIEndpoint):
    parser_classes = [StrictJSONParser, MultiPartParser]

    @operation("POST images/generations", url_name="openai_generations", scope=Scope.CREATE)
    def generate(self, request: Request) -> Any:
        return self._images(request, "image_generation", read_files=SourceFiles)

    @operation("POST images/edits", url_name="openai_edits", scope=Scope.CREATE)
    def edit(self, request: Request) -> Any:
        return self._images(
            request,
            "image_edit",
            read_files=lambda: image_form.read_files(request.FILES),
        )

    def _images(self, request: Request, kind: str, *, read_files: Callable[[], SourceFiles]) -> Any:
        if end := waited(request):
            return _reply(jobs_after(end, user=user_of(request)), end.about)
        user = user_of(request)
        rate_limits.spend("place", user.pk)
        form = image_form.read(body_of(request), headers=request.headers, kind=kind)
        files = read_files()
        call = _call_of(request, files)
        placed = idempotency.placed_by_call(user, call) if call.is_repeated else None
        if placed is None:
            placed = image_orders.place(
                form.model,
                parameters_of=partial(_parameters_of, form=form),
                count=form.count,
                files=files,
                user=user,
                order_of=partial(
                    JobOrder,
                    key=call.key,
                    call=call,
                    token_id=limited_token(request),
                    max_credits=form.max_credits,
                ),
            )
        return _answer(request, placed.jobs, form=form.reply)


def _call_of(request: Request, files: SourceFiles) -> ClientCall:
    user, access = user_of(request), request.auth
    caller = access.token_id if isinstance(access, TokenAccess) else user.pk
    body = body_of(request)
    fields = {name: value for name, value in body.items() if name not in request.FILES}
    digest = files.digest(caller=caller, path=request.path, fields=fields)
    attempt = request.headers.get(ATTEMPT, "0")
    call = ClientCall(
        digest=digest,
        own_key=read_key(request),
        attempt=int(attempt[:3]) if attempt.isascii() and attempt.isdigit() else 0,
        arrived_at=arrived_at(request._request),
    )
    call.begin(user)
    return call


def _parameters_of(offer: Offer, *, form: ImageForm) -> dict[str, Any]:
    parameters: dict[str, Any] = {"prompt": form.prompt, "label": form.label}
    if form.size:
        width, height = form.size
        if size := shapes.nearest_size(offer.parameters, width=width, height=height):
            parameters |= {"width": size[0], "height": size[1]}
    return parameters


def _answer(request: Request, jobs: list[Job], *, form: ReplyForm) -> Any:
    """Return the response that waits for the jobs; at once the images if they have ended."""
    user = user_of(request)
    if all(job.is_final for job in jobs):
        return _reply(jobs, form)
    response = errors.rendered(StillRunning(jobs), status=ACCEPTED)  # without a process that waits
    cancels = request.headers.get(CANCEL, "").lower() == "true"
    waiting.wait(
        response,
        jobs,
        user=user,
        seconds=MAX_SECONDS,
        about=form,
        cancels=cancels,
        stream=partial(_stream, form=form, job=jobs[0]) if form.is_stream else None,
    )
    return response


def _reply(jobs: list[Job], form: ReplyForm) -> Any:
    images = image_reply.images_json(jobs, form=form)
    if not form.is_stream:
        return Response(images)
    return HttpResponse(image_reply.completed(form.kind, images), content_type=STREAM)


def _stream(steps: AsyncGenerator[Step], *, form: ReplyForm, job: Job) -> HttpResponseBase:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    lines = _lines(steps, form=form, job=job)
    return StreamingHttpResponse(lines, content_type=STREAM, headers=headers)


async def _lines(steps: AsyncGenerator[Any], *, form: ReplyForm, job: Job) -> AsyncIterator[bytes]:
    """Yield progress as comments and previews, then the events of the images, or the error."""
    sent, most = 0, form.partial_images
    async with aclosing(steps):
        async for step in steps:
            if isinstance(step, WaitStep):
                yield f": {step.progress:.0%}\n\n".encode()
                is_due = step.progress * (most + 1) >= sent + 1 or not step.progress  # evenly
                if step.preview_b64 and sent < most and is_due:
                    preview = image_reply.partial_image(
                        form.kind, step.preview_b64, index=sent, job=job
                    )
                    yield preview.encode()
                    sent += 1
            elif step.status_code < 400:
                yield step.content
            else:
                yield b"data: " + step.content + b"\n\ndata: [DONE]\n\n"
