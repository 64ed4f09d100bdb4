"""What can be wrong with the installation: limit, text, advice and measurement, once.

Emails and the webhook, the start page of the admin, `/metrics`, `manage.py alerts`, `monitor` and
`doctor` read this list.
"""

from generation.operations.alerts.conditions.backups import BackupConditions
from generation.operations.alerts.conditions.budgets import BudgetConditions
from generation.operations.alerts.conditions.celery_queue import CeleryQueueConditions
from generation.operations.alerts.conditions.certificate import CertificateConditions
from generation.operations.alerts.conditions.condition import Condition, ConditionGroup, kind_of
from generation.operations.alerts.conditions.database import ConnectionConditions, DatabaseAway
from generation.operations.alerts.conditions.disks import DiskConditions
from generation.operations.alerts.conditions.emails import EmailConditions
from generation.operations.alerts.conditions.jobs import JobConditions
from generation.operations.alerts.conditions.machine import MachineConditions
from generation.operations.alerts.conditions.promises import PromiseConditions
from generation.operations.alerts.conditions.redis import RedisConditions
from generation.operations.alerts.conditions.requests import RequestConditions
from generation.operations.alerts.conditions.site import SiteConditions
from generation.operations.alerts.conditions.submissions import SubmissionConditions

GROUPS: tuple[type[ConditionGroup], ...] = (
    DatabaseAway,
    JobConditions,
    SubmissionConditions,
    PromiseConditions,
    BudgetConditions,
    ConnectionConditions,
    EmailConditions,
    DiskConditions,
    BackupConditions,
    RedisConditions,
    RequestConditions,
    CeleryQueueConditions,
    MachineConditions,
    CertificateConditions,
    SiteConditions,
)

CONDITIONS: dict[str, Condition] = {
    name: condition for group in GROUPS for name, condition in group.conditions.items()
}


def condition_of(name: str) -> Condition | None:
    """Return the condition of an alert, None if it is of another version."""
    return CONDITIONS.get(kind_of(name))
