"""A backup that is missing or old."""

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generation.models import BackupRecord

from .condition import HOUR, WARNING, Condition, ConditionGroup, Measured, minutes


class BackupConditions(ConditionGroup):
    conditions = {
        "BackupOld": Condition(
            _("The newest backup is %(hours)s hours old."),
            _("See the logs of backup, and run manage.py doctor."),
            hold=minutes(10),
            limit=26 * HOUR,
        ),
        "BackupMissing": Condition(
            _("No backup has ever succeeded."),
            _("See the logs of backup, and run manage.py doctor."),
            severity=WARNING,
            hold=minutes(10),
            limit=26 * HOUR,
        ),
    }

    def measure(self) -> Measured:
        newest = BackupRecord.objects.complete().first()
        if newest is None:
            migrations = MigrationRecorder(connection).migration_qs
            age = timezone.now() - migrations.aggregate(first=Min("applied"))["first"]
            if age.total_seconds() > self.limit("BackupMissing"):
                yield "BackupMissing", {}
        elif (seconds := newest.age.total_seconds()) > self.limit("BackupOld"):
            yield "BackupOld", {"hours": round(seconds / HOUR)}
