"""What can be wrong with the installation: each limit, text and advice once.

`measurements` says which are true. Emails and the webhook, the start page of the admin,
`/metrics`, `manage.py alerts`, `monitor` and `doctor` read this list.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generation.jobs import heartbeat
from generation.models import STUCK_AFTER


class Severity(StrEnum):
    """How bad it is, as a label of `artgen_condition`."""

    CRITICAL = "critical"  # jobs, people or data suffer
    WARNING = "warning"  # they may soon
    INFO = "info"  # somebody has chosen it


@dataclass(frozen=True)
class Condition:
    """Something that can be wrong."""

    severity: Severity
    hold: timedelta
    """How long it must be true before operators are notified."""
    text: Promise
    """One sentence with `%(name)s` for the values."""
    advice: Promise
    """What to do."""
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
        Severity.CRITICAL,
        _minutes(2),
        _("The database cannot be reached: pages and jobs fail."),
        _("Start PostgreSQL, or correct DATABASE_URL."),
    ),
    "RedisDown": Condition(
        Severity.CRITICAL,
        _minutes(2),
        _("Redis cannot be reached: pages do not update, and jobs start later."),
        _("Start Redis, or correct REDIS_URL."),
    ),
    "Down": Condition(
        Severity.CRITICAL,
        _minutes(2),
        _("The site does not answer at %(address)s."),
        SEE_LOGS,
    ),
    "SocketsDown": Condition(
        Severity.CRITICAL,
        _minutes(2),
        _("No socket process runs: pages ask for changes every few seconds instead."),
        SEE_LOGS,
    ),
    "NoTicks": Condition(
        Severity.CRITICAL,
        _minutes(1),
        _("The last tick was %(seconds)s s ago: beat or the workers are down, no job proceeds."),
        SEE_LOGS,
        limit=heartbeat.LATE.total_seconds(),
    ),
    "JobsOverdue": Condition(
        Severity.CRITICAL,
        _minutes(2),
        _("%(count)s jobs are overdue, the oldest by %(seconds)s s: too few workers, or none."),
        SEE_JOBS,
        limit=STUCK_AFTER.total_seconds(),
    ),
    "JobsStuck": Condition(
        Severity.WARNING,
        _minutes(15),
        _("%(count)s jobs are stuck."),
        SEE_JOBS,
    ),
    "ImagesNotStored": Condition(
        Severity.CRITICAL,
        _minutes(2),
        _("The images of %(count)s jobs cannot be saved. They are lost at their deadline."),
        SEE_JOBS,
    ),
    "JobsFail": Condition(
        Severity.CRITICAL,
        _minutes(5),
        _("%(failed)s of %(all)s jobs failed in the last hour."),
        _("Run manage.py jobs --status failed."),
        limit=20,  # percent, of at least five
    ),
    "QueueLong": Condition(
        Severity.WARNING,
        _minutes(10),
        _("A job has been queued for %(minutes)s minutes."),
        SCALE,
        limit=30 * MINUTE,
    ),
    "PromisesBroken": Condition(
        Severity.WARNING,
        _minutes(60),
        _("Images take longer than promised: of the last 24 hours, in time were %(models)s."),
        _("Run manage.py eta_report; see whether RunPod gives fewer workers than before."),
        limit=75,  # percent that were in time; 90 should be
    ),
    "ProviderOutage": Condition(
        Severity.CRITICAL,
        timedelta(),
        _("Submissions to RunPod are stopped (%(problems)s). Jobs wait and do not fail."),
        _("Run manage.py doctor; see deploy/docs/operations.md."),
    ),
    "CreatingOff": Condition(
        Severity.INFO,
        _minutes(60),
        _("Image creation is off."),
        _("Turn it on in the admin, or with manage.py generation on."),
    ),
    "BudgetNear": Condition(
        Severity.WARNING,
        timedelta(),
        _("Budget of %(budget)s: $%(used)s of $%(limit)s are used; it starts again at %(ends)s."),
        _("See “Budgets” in the admin."),
    ),
    "BudgetReached": Condition(
        Severity.CRITICAL,
        timedelta(),
        _("The budget of %(budget)s, $%(limit)s, is used up: jobs wait until %(ends)s."),
        _("Raise it under “Budgets” in the admin, or with manage.py budgets, or wait."),
    ),
    "Errors": Condition(
        Severity.CRITICAL,
        _minutes(5),
        _("%(percent)s %% of all requests fail."),
        SEE_LOGS,
        limit=1,  # percent
    ),
    "ApiSlow": Condition(
        Severity.WARNING,
        _minutes(5),
        _("The API is slow: p95 is %(milliseconds)s ms."),
        SCALE,
        limit=200,  # milliseconds
    ),
    "CeleryQueue": Condition(
        Severity.WARNING,
        _minutes(2),
        _("%(count)s messages wait for a worker."),
        SCALE,
        limit=10,  # messages
    ),
    "DatabaseConnections": Condition(
        Severity.CRITICAL,
        _minutes(2),
        _("%(used)s database connections are open, the limit is %(limit)s."),
        SCALE,
    ),
    "ConnectionBudget": Condition(
        Severity.WARNING,
        _minutes(5),
        _(
            "All processes together could open %(planned)s database connections, above the limit "
            "of %(limit)s."
        ),
        SCALE,
    ),
    "Processor": Condition(
        Severity.WARNING,
        _minutes(10),
        _("The CPU of %(machine)s is %(percent)s %% busy."),
        SCALE,
        limit=80,  # percent
    ),
    "Memory": Condition(
        Severity.WARNING,
        _minutes(10),
        _("The memory of %(machine)s is %(percent)s %% used."),
        SCALE,
        limit=80,  # percent
    ),
    "RedisFull": Condition(
        Severity.WARNING,
        _minutes(5),
        _("Redis uses %(percent)s %% of its memory."),
        _("Raise maxmemory of Redis."),
        limit=80,  # percent
    ),
    "DiskFull": Condition(
        Severity.CRITICAL,
        _minutes(5),
        _("The disk with %(contents)s has only %(free)s left (%(percent)s %%)."),
        _("Delete what is not needed, such as old Docker images and backups, or enlarge it."),
        limit=10,  # percent that is free
    ),
    "EmailsLate": Condition(
        Severity.CRITICAL,
        _minutes(2),
        _("An email has been due for %(minutes)s minutes and has not been sent."),
        SEE_LOGS,
        limit=5 * MINUTE,
    ),
    "EmailsFail": Condition(
        Severity.CRITICAL,
        _minutes(15),
        _("%(count)s emails cannot be sent."),
        _("Check EMAIL_URL and the mail server; run manage.py doctor."),
    ),
    "BackupOld": Condition(
        Severity.CRITICAL,
        _minutes(10),
        _("The newest backup is %(hours)s hours old."),
        _("See the logs of backup, and run manage.py doctor."),
        limit=26 * HOUR,
    ),
    "BackupMissing": Condition(
        Severity.WARNING,
        _minutes(10),
        _("No backup has ever succeeded."),
        _("See the logs of backup, and run manage.py doctor."),
        limit=26 * HOUR,
    ),
    "CertificateEnds": Condition(
        Severity.CRITICAL,
        _minutes(5),
        _("The certificate of %(host)s ends in %(days)s days."),
        _("See deploy/docs/https.md."),
        limit=14 * DAY,  # or a quarter of its lifetime, if that is less
    ),
    "CertificateRefused": Condition(
        Severity.CRITICAL,
        _minutes(5),
        _("Browsers refuse the certificate of %(host)s: %(reason)s."),
        _("See deploy/docs/https.md."),
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
