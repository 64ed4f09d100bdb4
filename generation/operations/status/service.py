"""Whether image creation works, and how each model did in the last hour: public, without users."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from artgen.redis.cache import remembered
from generation.catalog.offers import USUAL_SIZE
from generation.jobs import eta
from generation.jobs.budgets import budget_state
from generation.jobs.engine import heartbeat
from generation.jobs.eta import Eta, Forecast
from generation.jobs.placing import creation_switch
from generation.models import (
    Endpoint,
    GenerationSwitch,
    ImageModel,
    Job,
    Status,
    open_endpoints,
)
from generation.studio.forms.composer import Composer

SECONDS = 10.0
"""How long the figures are shown."""
KEY = "status.service:6"  # changes with the classes below
PERIOD = timedelta(hours=1)
WAIT = models.ExpressionWrapper(
    models.F("finished_at") - models.F("created_at"), output_field=models.DurationField()
)
"""From placing a job to its end."""
FAULTS_OF_REQUEST = (
    "prompt_refused",
    "invalid_input",
    "source_unreadable",
    "source_missing",
    "empty_mask",
    "lora_unreadable",
    "too_large",
)
"""Error codes of requests that a working model cannot fulfill: no failures of the service."""


class Creation(models.TextChoices):
    AVAILABLE = "available", _("Image creation works")
    MAINTENANCE = "maintenance", _("Maintenance: new images can’t be created")
    OFF = "off", _("Image creation is paused")  # by staff
    UNAVAILABLE = "unavailable", _("Image creation isn’t available")  # a fault


class ModelState(models.TextChoices):
    AVAILABLE = "available", pgettext_lazy("model", "Available")
    DELAYED = "delayed", _("Delayed")  # RunPod takes no jobs for a moment; they wait
    UNAVAILABLE = "unavailable", _("Unavailable")  # until staff act


@dataclass(frozen=True)
class Wait:
    """Seconds from placing to image that jobs took: median and 90th percentile."""

    p50: int
    p90: int


@dataclass(frozen=True)
class LastHour:
    """Jobs that ended in the last hour; `wait` are the seconds from placing to image."""

    succeeded: int = 0
    failed: int = 0
    wait: Wait | None = None

    @property
    def success_rate(self) -> float | None:
        """The share of jobs that succeeded, None without jobs."""
        ended = self.succeeded + self.failed
        return self.succeeded / ended if ended else None


@dataclass(frozen=True)
class ModelStatus:
    """A model; `eta`: until an image would be done that is placed now, None if it is unknown.

    It is the time of an image with the model's defaults, as the list of models shows it to a user
    without other jobs. `parked_until`: until when new jobs wait for a budget of the site or the
    model.
    """

    slug: str
    name: str
    state: ModelState
    endpoints: int
    """Enabled ones."""
    open_endpoints: int
    """That take jobs now."""
    eta: Eta | None
    parked_until: datetime | None
    last_hour: LastHour


@dataclass(frozen=True)
class ServiceStatus:
    creation: Creation
    switch: GenerationSwitch
    models: tuple[ModelStatus, ...]
    measured_at: datetime

    @property
    def message(self) -> str:
        """The text of staff while they have paused creation, in the active language."""
        return self.switch.text if self.creation in (Creation.MAINTENANCE, Creation.OFF) else ""


def read() -> ServiceStatus:
    """Return the status, at most SECONDS old: one or two cache round trips, often none."""
    status: ServiceStatus = remembered({KEY: SECONDS}, lambda _missing: {KEY: measure()})[KEY]
    return status


def measure() -> ServiceStatus:
    now = timezone.now()
    switch = creation_switch.read()
    enabled = ImageModel.objects.enabled().defer("workflow").order_by("position", "slug")
    offered = list(enabled)
    endpoints = Counter(Endpoint.objects.enabled().values_list("model", flat=True))
    open_ones = Counter(open_endpoints(now=now).values_list("model", flat=True))
    forecast = eta.forecast(offered)
    hour = last_hour(offered, now=now)
    waits = budget_state.waits_of_models([model.pk for model in offered], states=forecast.budgets)
    is_off = switch.mode is GenerationSwitch.Mode.OFF
    statuses = []
    for model in offered:
        state = _state(forecast.queues[model.pk].blocked, is_paused=not open_ones[model.pk])
        is_known = state is not ModelState.UNAVAILABLE and not is_off
        parked_until = waits.get(model.pk)
        statuses.append(
            ModelStatus(
                slug=model.slug,
                name=model.name,
                state=state,
                endpoints=endpoints[model.pk],
                open_endpoints=open_ones[model.pk],
                eta=_eta(model, forecast) if is_known and not parked_until else None,
                parked_until=parked_until if is_known else None,
                last_hour=hour.get(model.pk, LastHour()),
            )
        )
    return ServiceStatus(
        creation=_creation(switch, statuses), switch=switch, models=tuple(statuses), measured_at=now
    )


def _eta(model: ImageModel, forecast: Forecast) -> Eta | None:
    form = Composer(model=model)
    width, height = form.size or USUAL_SIZE
    return forecast.of_order(model, size=eta.size_of(width, height, form.steps))


def _creation(switch: GenerationSwitch, statuses: Iterable[ModelStatus]) -> Creation:
    if switch.mode is GenerationSwitch.Mode.OFF:
        return Creation.OFF
    if heartbeat.is_late() or all(status.state is ModelState.UNAVAILABLE for status in statuses):
        return Creation.UNAVAILABLE
    if switch.mode is GenerationSwitch.Mode.MAINTENANCE:
        return Creation.MAINTENANCE
    return Creation.AVAILABLE


def _state(is_blocked: bool, *, is_paused: bool) -> ModelState:
    if is_blocked:
        return ModelState.UNAVAILABLE
    return ModelState.DELAYED if is_paused else ModelState.AVAILABLE


def last_hour(offered: Iterable[ImageModel], *, now: datetime) -> Mapping[int, LastHour]:
    """Return what happened to the jobs of these models that ended in the last hour, by model id.

    Trials by staff do not count. At most two queries, each on a partial index.
    """
    ids = [model.pk for model in offered]
    ended = Job.objects.filter(model__in=ids, finished_at__gte=now - PERIOD, is_trial=False)
    failed = dict(
        ended.filter(status=Status.FAILED)
        .exclude(error_code__in=FAULTS_OF_REQUEST)
        .order_by()
        .values_list("model")
        .annotate(models.Count("id"))
    )
    succeeded = _waits(ended.filter(status=Status.SUCCEEDED).order_by())
    return {
        pk: LastHour(
            succeeded=succeeded.get(pk, (0, None))[0],
            failed=failed.get(pk, 0),
            wait=succeeded.get(pk, (0, None))[1],
        )
        for pk in ids
    }


class Percentile(models.Aggregate):
    function = "PERCENTILE_DISC"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = models.DurationField()


def _waits(jobs: "models.QuerySet[Job]") -> dict[int, tuple[int, Wait | None]]:
    """Return by model the number of jobs and the percentiles of their waiting times."""
    rows = jobs.values("model").annotate(
        count=models.Count("id"),
        p50=Percentile(WAIT, fraction="0.5"),
        p90=Percentile(WAIT, fraction="0.9"),
    )
    return {row["model"]: (row["count"], _seconds(row["p50"], row["p90"])) for row in rows}


def _seconds(p50: timedelta, p90: timedelta) -> Wait:
    return Wait(max(1, round(p50.total_seconds())), max(1, round(p90.total_seconds())))
