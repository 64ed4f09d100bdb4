"""The audit log."""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.utils.translation import gettext_lazy as _


class AuditEntry(LogEntry):
    """An entry of the audit log, which is Django's admin log (`artgen.admin.audit`)."""

    class Meta:
        proxy = True
        verbose_name = _("entry of the audit log")
        verbose_name_plural = _("audit log")
        ordering = ("-action_time", "-id")
