"""Current outages at RunPod. While a row exists, submissions wait and no job fails."""

from collections.abc import Sequence
from typing import Self

from django.db import models
from django.db.models import OuterRef, Q
from django.utils.translation import gettext_lazy as _


class OutageKind(models.TextChoices):
    KEY_REFUSED = "key_refused", _("RunPod refuses the API key")  # 401 or 403; blocks all models
    # 404; blocks the endpoint's models.
    ENDPOINT_MISSING = "endpoint_missing", _("RunPod does not have the endpoint")
    # They are paid for; blocks submissions to the endpoint, while its jobs are still checked.
    REPLIES_UNREAD = "replies_unread", _("Replies of the endpoint can’t be read")


BLOCKS_MODEL = """EXISTS (
    SELECT 1 FROM generation_provideroutage AS outage
    WHERE outage.kind = 'key_refused' OR outage.endpoint_id = model.endpoint_id
)"""
"""SQL condition: an outage blocks the row `model`; the form of `blocking` for raw statements."""
BLOCKS_CHECKS = """EXISTS (
    SELECT 1 FROM generation_provideroutage AS outage
    WHERE outage.kind = 'key_refused'
    OR outage.kind = 'endpoint_missing' AND outage.endpoint_id = model.endpoint_id
)"""
"""SQL condition: RunPod refuses to tell about the jobs of the row `model`."""


class ProviderOutageQuerySet(models.QuerySet["ProviderOutage"]):
    def blocking(self, endpoint_ids: Sequence[str | OuterRef]) -> Self:
        """Keep those that block one of these endpoints."""
        return self.filter(Q(kind=OutageKind.KEY_REFUSED) | Q(endpoint_id__in=endpoint_ids))


class ProviderOutage(models.Model):
    """What an operator must resolve. Only `jobs.engine.outages` writes it."""

    kind = models.CharField(_("problem"), max_length=20, choices=OutageKind.choices)
    # Of KEY_REFUSED: an endpoint that refused it.
    endpoint_id = models.CharField(_("RunPod endpoint id"), max_length=100)
    detail = models.TextField(_("RunPod message"), blank=True)
    since = models.DateTimeField(_("since"))
    probe_at = models.DateTimeField(_("next probe"))
    probes = models.PositiveIntegerField(_("probes"), default=0)

    objects = ProviderOutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("problem at RunPod")
        verbose_name_plural = _("problems at RunPod")
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                name="one_refused_key", fields=["kind"], condition=Q(kind=OutageKind.KEY_REFUSED)
            ),
            models.UniqueConstraint(
                name="one_outage_per_endpoint",
                fields=["endpoint_id", "kind"],
                condition=~Q(kind=OutageKind.KEY_REFUSED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.endpoint_id}"
