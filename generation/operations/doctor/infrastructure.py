"""Check database, migrations, broker, cache, channel layer, workers, beat and jobs."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from artgen.celery import app
from artgen.channel_layers import send_to_group
from artgen.observability import health
from generation.jobs import heartbeat
from generation.models import STUCK_AFTER, GenerationSwitch, ImageModel, Job
from generation.operations.doctor.check import Check, error_text

PING_SECONDS = 3
TICK_LATE = timedelta(seconds=30)
IN_ONE_PROCESS = "Works for `make run` only; in production set REDIS_URL."


def database() -> Check:
    """Connect and query the version, and the connections of PostgreSQL."""
    hint = "Correct DATABASE_URL, or start the database."
    try:
        health.check_database()
        if connection.vendor != "postgresql":
            return Check(
                "database",
                True,
                f"{connection.display_name}, {settings.DATABASES['default']['NAME']}",
            )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version'), "
                "current_setting('max_connections')::int, (SELECT count(*) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend')"
            )
            version, most, used = cursor.fetchone()
    except Exception as error:  # noqa: BLE001 drivers raise anything
        return Check("database", False, error_text(error), hint)
    full = "" if used < most * 0.8 else "Nearly full: lower DB_POOL_MAX or the number of processes."
    return Check(
        "database", True, f"PostgreSQL {version}, {used} of {most} connections in use", full
    )


def migrations() -> Check:
    """Compare applied with required migrations."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return Check("migrations", True, "all applied")
    first = plan[0][0]
    detail = f"{len(plan)} not applied, first {first.app_label}.{first.name}"
    return Check("migrations", False, detail, "Run `python manage.py migrate`.")


def broker() -> Check:
    """Connect to Celery's broker."""
    if _broker_is_here():
        return Check("broker", True, "in the memory of one process", IN_ONE_PROCESS)
    try:
        health.check_broker()
    except Exception as error:  # noqa: BLE001 clients raise anything
        return Check(
            "broker",
            False,
            error_text(error),
            "Correct CELERY_BROKER_URL or REDIS_URL, or start Redis.",
        )
    return Check("broker", True, "responds")


def _broker_is_here() -> bool:
    return bool(app.connection_for_write().transport_cls == "memory")


def cache() -> Check:
    """Write and read a value."""
    try:
        health.check_cache()
    except Exception as error:  # noqa: BLE001 clients raise anything
        return Check("cache", False, error_text(error), "Correct REDIS_URL, or start Redis.")
    if not heartbeat.is_shared():
        return Check("cache", True, "in the memory of one process", IN_ONE_PROCESS)
    return Check("cache", True, "stores values")


def channel_layer() -> Check:
    """Send an event."""
    try:
        send_to_group(f"doctor.{secrets.token_hex(4)}", {"type": "doctor"})
    except Exception as error:  # noqa: BLE001 clients raise anything
        hint = "Correct REDIS_URL, or start Redis. Until then pages poll for changes."
        return Check("channel_layer", False, error_text(error), hint)
    if "InMemory" in settings.CHANNEL_LAYERS["default"]["BACKEND"]:
        return Check("channel_layer", True, "in the memory of one process", IN_ONE_PROCESS)
    return Check("channel_layer", True, "accepts events")


def workers() -> Check:
    """Ping all Celery workers."""
    if _broker_is_here():
        return Check(
            "workers",
            True,
            "not checked: the broker is in another process's memory",
            IN_ONE_PROCESS,
        )
    answers = app.control.inspect(timeout=PING_SECONDS).ping() or {}
    lanes = {name.partition("@")[0] for name in answers}
    if (
        answers
        and not lanes.issuperset(settings.WORKER_QUEUES)
        and not lanes.isdisjoint(settings.WORKER_QUEUES)
    ):
        missing = ", ".join(sorted(set(settings.WORKER_QUEUES) - lanes))
        hint = "Start them: `deploy/start.sh worker` runs all lanes unless WORKER_LANES is set."
        return Check("workers", False, f"no worker for: {missing}", hint)
    if not answers:
        detail = f"no Celery worker responded within {PING_SECONDS} s"
        return Check(
            "workers", False, detail, "Start one (`celery -A artgen worker`) and check its log."
        )
    return Check("workers", True, f"{len(answers)} responded: {', '.join(sorted(answers))}")


def beat() -> Check:
    """Check the time of the last tick, which needs beat, the broker and a worker."""
    if not heartbeat.is_shared():
        return Check(
            "beat", True, "not checked: the cache is in another process's memory", IN_ONE_PROCESS
        )
    last = heartbeat.last()
    hint = (
        "Start exactly one beat (`deploy/start.sh beat`) and a worker. Without ticks, lost "
        "messages are never repeated."
    )
    if last is None:
        return Check("beat", False, "no tick recorded", hint)
    age = timezone.now() - last
    detail = f"last tick {age.total_seconds():.0f} s ago"
    return Check("beat", age <= TICK_LATE, detail, hint if age > TICK_LATE else "")


def jobs() -> Check:
    """Find overdue jobs, and models whose queue does not move although there is room."""
    overdue = (
        Job.objects.active()
        .exclude(status="queued")
        .filter(due_at__lt=timezone.now() - STUCK_AFTER)
        .count()
    )
    idle = [
        model.slug for model in ImageModel.objects.order_by("position", "slug") if _is_idle(model)
    ]
    waiting, out = Job.objects.queued().count(), Job.objects.at_runpod().count()
    detail = f"{waiting} waiting, {out} at RunPod"
    if overdue or idle:
        detail += f", {overdue} overdue" if overdue else ""
        detail += f", not submitted although there is room: {', '.join(idle)}" if idle else ""
        return Check(
            "jobs",
            False,
            detail,
            "No worker processes them: start beat and a worker, then check their logs.",
        )
    not_stored = Job.objects.not_stored().order_by("id")
    if reasons := sorted({job.error_detail[:200] for job in not_stored[:20]}):
        hint = (
            "The images are paid for; the jobs fail at their deadline. See `python manage.py jobs "
            "--stuck`."
        )
        return Check(
            "jobs", False, f"{detail}, {not_stored.count()} not stored: {'; '.join(reasons)}", hint
        )
    unknown = Job.objects.stuck().filter(runpod_id="", status="submitted").count()
    if unknown:
        hint = (
            "Resolved by RunPod's webhook or their ttl. See `python manage.py jobs --stuck`, and "
            "check PUBLIC_URL."
        )
        return Check("jobs", True, f"{detail}, {unknown} not confirmed by RunPod", hint)
    return Check("jobs", True, detail)


def _is_idle(model: ImageModel) -> bool:
    now = timezone.now()
    if model.submit_after and model.submit_after > now:
        return False
    if GenerationSwitch.objects.filter(on=False).exists():
        return False
    long_due = Job.objects.queued().filter(
        model=model, due_at__lt=now - STUCK_AFTER, created_at__lt=now - STUCK_AFTER
    )
    return (
        long_due.exists()
        and Job.objects.at_runpod().filter(model=model).count() < model.max_in_flight
    )
