"""Whether image creation works: public, without users."""

from datetime import datetime
from typing import Annotated, TypedDict

from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from artgen.api.inputs import Query
from artgen.api.json_types import Slug
from artgen.api.operations import operation
from artgen.api.views import ApiView
from generation.jobs.eta import EtaJson
from generation.models import Announcement
from generation.operations.status import announcements, service
from generation.operations.status.service import Creation, ModelState


class WaitJson(TypedDict):
    """Seconds that images took: half of them at most `p50`, nine in ten at most `p90`."""

    p50: int
    p90: int


class AnnouncementJson(TypedDict):
    """A line above every page."""

    level: Annotated[str, Announcement.Level]
    text: Annotated[str, "In the language of Accept-Language."]
    starts_at: datetime
    ends_at: datetime | None


class LastHourJson(TypedDict):
    """Jobs that ended in the last hour, without requests that the model rejected."""

    succeeded: int
    failed: int
    success_rate: Annotated[float | None, "0 to 1; null without jobs."]
    wait_seconds: Annotated[WaitJson | None, "From placing to image; null without one."]


class EndpointsJson(TypedDict):
    """The endpoints where the images of a model are made."""

    open: Annotated[int, "Those that take jobs now."]
    total: int


class ModelStatusJson(TypedDict):
    """An enabled model."""

    slug: Slug
    name: str
    state: Annotated[str, ModelState, "`delayed`: jobs wait for a free GPU."]
    endpoints: EndpointsJson
    eta_seconds: Annotated[EtaJson | None, "Of an image that is placed now with the defaults."]
    parked_until: Annotated[
        datetime | None, "Until then new jobs wait for a budget of the site, else null."
    ]
    last_hour: LastHourJson


class StatusJson(TypedDict):
    """Whether image creation works."""

    creation: Annotated[
        str, Creation, "`maintenance`, `off`: paused by the administrators; `unavailable`: a fault."
    ]
    message: Annotated[str, "Of the administrators, while they have paused it."]
    expected_end: Annotated[datetime | None, "Of the pause."]
    announcements: list[AnnouncementJson]
    models: list[ModelStatusJson]
    measured_at: datetime


class SystemStatus(ApiView):
    """`/api/v1/status/`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @operation("GET status/", query=Query, url_name="api_status")
    def get_status(self, request: Request) -> StatusJson:
        """Get the service status.

        Needs no token. The figures are up to 10 s old.
        """
        status = service.read()
        return {
            "creation": status.creation.value,
            "message": status.message,
            "expected_end": status.switch.until if status.message else None,
            "announcements": [
                {
                    "level": announcement.level,
                    "text": announcement.text,
                    "starts_at": announcement.starts_at,
                    "ends_at": announcement.ends_at,
                }
                for announcement in announcements.current()
            ],
            "models": [_model_json(model) for model in status.models],
            "measured_at": status.measured_at,
        }


def _model_json(model: service.ModelStatus) -> ModelStatusJson:
    hour = model.last_hour
    share = hour.success_rate
    return {
        "slug": model.slug,
        "name": model.name,
        "state": model.state.value,
        "endpoints": {"open": model.open_endpoints, "total": model.endpoints},
        "eta_seconds": model.eta.as_json() if model.eta else None,
        "parked_until": model.parked_until,
        "last_hour": {
            "succeeded": hour.succeeded,
            "failed": hour.failed,
            "success_rate": None if share is None else round(share, 4),
            "wait_seconds": {"p50": hour.wait.p50, "p90": hour.wait.p90} if hour.wait else None,
        },
    }
