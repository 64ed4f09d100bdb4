"""What can be wrong with the installation: limit, text, advice and measurement, once.

Emails and the webhook, the start page of the admin, `/metrics`, `manage.py alerts`, `monitor` and
`doctor` read this list.
"""

from . import backups, database, emails, jobs, machine, redis, site, submissions
from .condition import Condition, ConditionGroup, kind_of

GROUPS: tuple[type[ConditionGroup], ...] = (
    database.DatabaseAway,
    jobs.JobConditions,
    submissions.SubmissionConditions,
    jobs.PromiseConditions,
    submissions.BudgetConditions,
    submissions.BalanceConditions,
    database.ConnectionConditions,
    emails.EmailConditions,
    machine.DiskConditions,
    backups.BackupConditions,
    redis.RedisConditions,
    site.RequestConditions,
    redis.CeleryQueueConditions,
    machine.MachineConditions,
    site.CertificateConditions,
    site.SiteConditions,
)
CONDITIONS: dict[str, Condition] = {
    name: condition for group in GROUPS for name, condition in group.conditions.items()
}


def condition_of(name: str) -> Condition | None:
    """Return the condition of an alert, None if it is of another version."""
    return CONDITIONS.get(kind_of(name))
