"""The history of jobs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.models.jobs import Job, Status


class JobEvent(models.Model):
    """A line of a job's history, written by `jobs.engine.lifecycle` together with the change."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("time"))
    name = models.CharField(_("event"), max_length=30)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    detail = models.TextField(_("detail"), blank=True)  # for staff
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("history")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.name}"
