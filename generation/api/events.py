"""`GET /api/v1/events` in the OpenAPI document; `generation.jobs.live.event_stream` answers it."""

from typing import Annotated, NotRequired, TypedDict

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from artgen.api.operations import Answer, operation
from artgen.api.problems import Problem
from artgen.api.views import ApiView
from generation.jobs.live.job_json import JobJson

LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    str,
    OpenApiParameter.HEADER,
    description="The last `id` before a break: jobs that have ended since then are sent first.",
)

TYPES = [(name, name) for name in ("snapshot", "job")]


class StreamEventJson(TypedDict):
    """The `data` of an event. `event` repeats its `type`; `id` is for `Last-Event-ID`."""

    type: Annotated[str, TYPES]
    jobs: NotRequired[Annotated[list[JobJson], "Of a snapshot: all active jobs."]]
    job: NotRequired[Annotated[JobJson, "Of a job: what has changed, as a whole."]]


class Events(ApiView):
    tag = "jobs"

    @operation(
        "GET events",
        url_name="api_events",
        content_type="text/event-stream",
        headers=[LAST_EVENT_ID],
        problems=("misdirected", "too_many_requests", "unavailable"),
    )
    def stream_events(self, request: Request) -> Answer[StreamEventJson]:
        """Follow jobs by server-sent events.

        A snapshot of the active jobs, then each change; a comment every 15 s. A stream counts among
        the 20 sockets of a user. It ends when the server restarts or the account changes: connect
        again.
        """
        raise Problem("misdirected")
