"""What can be wrong with the installation: each limit, text and advice once.

`measurements` says which are true. Emails and the webhook, the start page of the admin,
`/metrics`, `manage.py alerts`, `monitor` and `doctor` read this list.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generation.jobs.engine import heartbeat
from generation.models import STUCK_AFTER


class Severity(StrEnum):
    """How bad it is, as a label of `artgen_condition`."""

    CRITICAL = "critical"  # jobs, people or data suffer
    WARNING = "warning"  # they may soon
    INFO = "info"  # somebody has chosen it


@dataclass(frozen=True)
class Condition:
    """Something that can be wrong."""

    text: Promise
    """One sentence with `%(name)s` for the values."""
    advice: Promise
    """What to do."""
    severity: Severity = Severity.CRITICAL
    hold: timedelta = timedelta(minutes=2)
    """How long it must be true before operators are notified."""
    limit: float = 0
    """From which value on it is true: seconds, percent or a number."""


MINUTE, HOUR, DAY = 60, 3600, 86_400


def _minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


SEE_LOGS = _("See the logs of the process, and run manage.py doctor.")
SEE_JOBS = _("Run manage.py jobs --stuck and manage.py doctor.")
SCALE = _("See deploy/docs/scaling.md.")

CONDITIONS: dict[str, Condition] = {
    "DatabaseDown": Condition(
        _("The database cannot be reached: pages and jobs fail."),
        _("Start PostgreSQL, or correct DATABASE_URL."),
    ),
    "RedisDown": Condition(
        _("Redis cannot be reached: pages do not update, and jobs start later."),
        _("Start Redis, or correct REDIS_URL."),
    ),
    "Down": Condition(
        _("The site does not answer at %(address)s."),
        SEE_LOGS,
    ),
    "SocketsDown": Condition(
        _("No socket process runs: pages ask for changes every few seconds instead."),
        SEE_LOGS,
    ),
    "NoTicks": Condition(
        _("The last tick was %(seconds)s s ago: beat or the workers are down, no job proceeds."),
        SEE_LOGS,
        hold=_minutes(1),
        limit=heartbeat.LATE.total_seconds(),
    ),
    "JobsOverdue": Condition(
        _("%(count)s jobs are overdue, the oldest by %(seconds)s s: too few workers, or none."),
        SEE_JOBS,
        limit=STUCK_AFTER.total_seconds(),
    ),
    "JobsStuck": Condition(
        _("%(count)s jobs are stuck."),
        SEE_JOBS,
        severity=Severity.WARNING,
        hold=_minutes(15),
    ),
    "ImagesNotStored": Condition(
        _("The images of %(count)s jobs cannot be saved. They are lost at their deadline."),
        SEE_JOBS,
    ),
    "JobsFail": Condition(
        _("%(failed)s of %(all)s jobs failed in the last hour."),
        _("Run manage.py jobs --status failed."),
        hold=_minutes(5),
        limit=20,  # percent, of at least five
    ),
    "QueueLong": Condition(
        _("A job has been queued for %(minutes)s minutes."),
        SCALE,
        severity=Severity.WARNING,
        hold=_minutes(10),
        limit=30 * MINUTE,
    ),
    "PromisesBroken": Condition(
        _("Images take longer than promised: of the last 24 hours, in time were %(models)s."),
        _("Run manage.py eta_report; see whether RunPod gives fewer workers than before."),
        severity=Severity.WARNING,
        hold=_minutes(60),
        limit=75,  # percent that were in time; 90 should be
    ),
    "ProviderOutage": Condition(
        _("Submissions to RunPod are stopped (%(problems)s). Jobs wait and do not fail."),
        _(
            "Set a valid RUNPOD_API_KEY, correct the endpoint, or the request format of its "
            "model. See deploy/docs/operations.md."
        ),
        hold=timedelta(),
    ),
    "CreatingOff": Condition(
        _("Image creation is off."),
        _("Turn it on in the admin, or with manage.py generation on."),
        severity=Severity.INFO,
        hold=_minutes(60),
    ),
    "BudgetNear": Condition(
        _("Budget of %(budget)s: $%(used)s of $%(limit)s are used; it starts again at %(ends)s."),
        _("See “Budgets” in the admin."),
        severity=Severity.WARNING,
        hold=timedelta(),
    ),
    "BudgetReached": Condition(
        _("The budget of %(budget)s, $%(limit)s, is used up: jobs wait until %(ends)s."),
        _("Raise it under “Budgets” in the admin, or with manage.py budgets, or wait."),
        hold=timedelta(),
    ),
    "Errors": Condition(
        _("%(percent)s %% of all requests fail."),
        SEE_LOGS,
        hold=_minutes(5),
        limit=1,  # percent
    ),
    "ApiSlow": Condition(
        _("The API is slow: p95 is %(milliseconds)s ms."),
        SCALE,
        severity=Severity.WARNING,
        hold=_minutes(5),
        limit=200,  # milliseconds
    ),
    "CeleryQueue": Condition(
        _("%(count)s messages wait for a worker."),
        SCALE,
        severity=Severity.WARNING,
        limit=10,  # messages
    ),
    "DatabaseConnections": Condition(
        _("%(used)s database connections are open, the limit is %(limit)s."),
        SCALE,
    ),
    "ConnectionBudget": Condition(
        _(
            "All processes together could open %(planned)s database connections, above the limit "
            "of %(limit)s."
        ),
        SCALE,
        severity=Severity.WARNING,
        hold=_minutes(5),
    ),
    "Processor": Condition(
        _("The CPU of %(machine)s is %(percent)s %% busy."),
        SCALE,
        severity=Severity.WARNING,
        hold=_minutes(10),
        limit=80,  # percent
    ),
    "Memory": Condition(
        _("The memory of %(machine)s is %(percent)s %% used."),
        SCALE,
        severity=Severity.WARNING,
        hold=_minutes(10),
        limit=80,  # percent
    ),
    "RedisFull": Condition(
        _("Redis uses %(percent)s %% of its memory."),
        _("Raise maxmemory of Redis."),
        severity=Severity.WARNING,
        hold=_minutes(5),
        limit=80,  # percent
    ),
    "DiskFull": Condition(
        _("The disk with %(contents)s has only %(free)s left (%(percent)s %%)."),
        _("Delete what is not needed, such as old Docker images and backups, or enlarge it."),
        hold=_minutes(5),
        limit=10,  # percent that is free
    ),
    "EmailsLate": Condition(
        _("An email has been due for %(minutes)s minutes and has not been sent."),
        SEE_LOGS,
        limit=5 * MINUTE,
    ),
    "EmailsFail": Condition(
        _("%(count)s emails cannot be sent."),
        _("Check EMAIL_URL and the mail server; run manage.py doctor."),
        hold=_minutes(15),
    ),
    "BackupOld": Condition(
        _("The newest backup is %(hours)s hours old."),
        _("See the logs of backup, and run manage.py doctor."),
        hold=_minutes(10),
        limit=26 * HOUR,
    ),
    "BackupMissing": Condition(
        _("No backup has ever succeeded."),
        _("See the logs of backup, and run manage.py doctor."),
        severity=Severity.WARNING,
        hold=_minutes(10),
        limit=26 * HOUR,
    ),
    "CertificateEnds": Condition(
        _("The certificate of %(host)s ends in %(days)s days."),
        _("See deploy/docs/https.md."),
        hold=_minutes(5),
        limit=14 * DAY,  # or a quarter of its lifetime, if that is less
    ),
    "CertificateRefused": Condition(
        _("Browsers refuse the certificate of %(host)s: %(reason)s."),
        _("See deploy/docs/https.md."),
        hold=_minutes(5),
    ),
}


def variant(name: str, key: object) -> str:
    """Return the name of an alert about one of several things, such as one of the budgets."""
    return f"{name}:{key}"


def kind_of(name: str) -> str:
    """Return the key of CONDITIONS that the name of an alert stands for."""
    return name.partition(":")[0]


def condition_of(name: str) -> Condition | None:
    """Return the condition of an alert, None if it is of another version."""
    return CONDITIONS.get(kind_of(name))
