"""Alerts: what needs an operator now."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class AlertNews(models.TextChoices):
    """What a message reports about an alert."""

    STARTED = "started", _("Problem")  # it has lasted for its time
    REMINDER = "reminder", _("Still a problem")  # a day after the last message
    ENDED = "ended", _("Solved")


class Alert(models.Model):
    """A condition of the installation that is wrong, or was. `operations.alerts` writes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # As in deploy/prometheus/rules.yml, and the key of `conditions.CONDITIONS`; of one of several
    # things with its number, such as `BudgetNear:3`.
    name = models.CharField(_("problem"), max_length=40)
    values = models.JSONField(default=dict)  # for the text
    started_at = models.DateTimeField(_("since"))
    seen_at = models.DateTimeField()  # when it was last true
    # When operators were last notified. NULL: not yet, it may end before. The column keeps the name
    # that earlier versions use.
    notified_at = models.DateTimeField(_("notified"), null=True, db_column="told_at")
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="one_open_alert_per_name", fields=["name"], condition=Q(ended_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return self.name
