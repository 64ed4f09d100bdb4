"""Forecasts from the database, cached for all processes."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from artgen.redis.cache import remembered
from generation.jobs.budgets import budget_state
from generation.jobs.eta.forecasts import Forecast
from generation.jobs.eta.history import MIN_OF_SIZE, History, Record, history_of, size_of
from generation.jobs.queue import model_queues
from generation.models import Endpoint, ImageModel, Job, open_endpoints

SAMPLE_SIZE = 200  # last jobs of a model
HISTORY_SECONDS = 15


def forecast(models: Iterable[ImageModel], *, jobs: Iterable[Job] = ()) -> Forecast:
    """Return the forecast of these models: queues and budgets at most QUEUE_SECONDS old, histories
    HISTORY_SECONDS.

    Takes one or two cache round trips and at most five queries for any number of models. Queues
    that are older than one of these jobs, which was placed since, are read again with the budgets.
    """
    models = list(models)
    current = _read(models)
    if outdated := current.outdated(jobs):
        return _read(models, outdated=outdated)
    return current


def _read(models: Collection[ImageModel], *, outdated: Collection[int] = ()) -> Forecast:
    if not models:
        return Forecast(histories={}, queues={})
    models_by_id = {model.pk: model for model in models}
    queues = {model_queues.cache_key(model_id): model_id for model_id in models_by_id}
    measured = {_history_key(model_id): model_id for model_id in models_by_id}

    def compute(missing: list[str]) -> dict[str, Any]:
        unknown = [queues[key] for key in missing if key in queues]
        unmeasured = [models_by_id[measured[key]] for key in missing if key in measured]
        values: dict[str, Any] = {}
        if unknown:
            computed = model_queues.current(unknown)
            values |= {
                model_queues.cache_key(model_id): queue for model_id, queue in computed.items()
            }
        if budget_state.CACHE_KEY in missing:
            values[budget_state.CACHE_KEY] = budget_state.states()
        if unmeasured:
            computed_histories = histories(unmeasured)
            values |= {key: computed_histories[measured[key]] for key in missing if key in measured}
        return values

    values = remembered(
        dict.fromkeys((*queues, budget_state.CACHE_KEY), model_queues.QUEUE_SECONDS)
        | dict.fromkeys(measured, HISTORY_SECONDS),
        compute,
        expired=[
            *map(model_queues.cache_key, outdated),
            *([budget_state.CACHE_KEY] if outdated else ()),
        ],
    )
    return Forecast(
        histories={model_id: values[key] for key, model_id in measured.items()},
        queues={model_id: values[key] for key, model_id in queues.items()},
        budgets=values[budget_state.CACHE_KEY],
    )


def _history_key(model_id: int) -> str:
    return f"jobs.eta.history:4:{model_id}"


def of_jobs(jobs: Iterable[Job]) -> Forecast:
    """Return the forecast for the active ones of these jobs. Fetch them with their models."""
    active = [job for job in jobs if not job.is_final]
    return forecast({job.model_id: job.model for job in active}.values(), jobs=active)


def pace(model: ImageModel) -> int:
    """Return after how many seconds the next waiting job of the model starts, at least 1."""
    return max(1, round(forecast([model]).pace(model, now=timezone.now())))


class _Row(NamedTuple):
    model_id: int
    width: int
    height: int
    steps: int | None
    submitted_at: datetime
    started_at: datetime | None
    delay_ms: int | None
    execution_ms: int | None
    finished_at: datetime
    is_open: bool


# The last jobs of each model; `is_open`: at endpoints that take jobs now.
LAST_JOBS = """
SELECT job.model_id, job.width, job.height, job.steps, job.submitted_at, job.started_at,
    job.delay_ms, job.execution_ms, job.finished_at,
    job.endpoint_id IS NULL OR job.endpoint_id = ANY(%(open_endpoints)s)
FROM unnest(%(models)s::bigint[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT * FROM generation_job
    WHERE model_id = wanted.id AND status = 'succeeded' AND submitted_at IS NOT NULL
    ORDER BY finished_at DESC LIMIT %(limit)s
) AS job
"""


def histories(models: Collection[ImageModel]) -> dict[int, History]:
    """Measure the last jobs of each model, in three queries.

    Only those at endpoints that take jobs now, if there are enough of them.
    """
    records: dict[int, list[Record]] = {model.pk: [] for model in models}
    elsewhere: dict[int, list[Record]] = {model.pk: [] for model in models}
    of_models = Endpoint.objects.enabled().filter(model__in=records).order_by()
    limits = dict(of_models.values_list("model").annotate(Sum("max_in_flight")))
    open_ids = open_endpoints(now=timezone.now()).filter(model__in=records).order_by()
    values: dict[str, Any] = {
        "models": [*records],
        "open_endpoints": [*open_ids.values_list("pk", flat=True)],
        "limit": SAMPLE_SIZE,
    }
    with connection.cursor() as cursor:
        cursor.execute(LAST_JOBS, values)
        rows = [_Row(*record) for record in cursor.fetchall()]
    for row in rows:
        (records if row.is_open else elsewhere)[row.model_id].append(_record(row))
    for model_id, of_model in records.items():
        if len(of_model) < MIN_OF_SIZE:
            of_model += elsewhere[model_id]
    return {
        model.pk: history_of(records[model.pk], limit=limits.get(model.pk, 1)) for model in models
    }


def _record(row: _Row) -> Record:
    """Return the job's durations as the provider reported them, else as ArtGen has seen them."""
    sent_at, done_at = row.submitted_at.timestamp(), row.finished_at.timestamp()
    seen_at = row.started_at.timestamp() if row.started_at else sent_at
    delay = max(0.0, seen_at - sent_at) if row.delay_ms is None else row.delay_ms / 1000
    delay = min(delay, max(0.0, done_at - sent_at))  # another clock, or an invalid value
    whole = max(0.0, done_at - sent_at - delay)
    return Record(
        size=size_of(row.width, row.height, row.steps),
        submitted_at=sent_at,
        delay=delay,
        execution=min(whole, whole if row.execution_ms is None else row.execution_ms / 1000),
        finished_at=max(sent_at, done_at),
    )
