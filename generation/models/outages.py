"""Current outages at the provider. While one blocks an endpoint, its jobs wait and none fails."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from generation.models.endpoints import Endpoint, EndpointQuerySet, ProviderName


class OutageKind(models.TextChoices):
    # 401 or 403; blocks all endpoints of the provider.
    KEY_REFUSED = "key_refused", _("The API key is refused")
    # 404; blocks the endpoint.
    ENDPOINT_MISSING = "endpoint_missing", _("The endpoint does not exist")
    # They are paid for; blocks submissions to the endpoint, while its jobs are still checked. From
    # `probe_at` on, one job is let through.
    REPLIES_UNREAD = "replies_unread", _("Replies of the endpoint can’t be read")


BLOCKS_ENDPOINT = """EXISTS (
    SELECT 1 FROM generation_provideroutage AS outage
    WHERE outage.provider = endpoint.provider
        AND (outage.kind = 'key_refused' OR outage.endpoint_id = endpoint.endpoint_id)
        AND (outage.kind <> 'replies_unread' OR outage.probe_at > statement_timestamp())
)"""
"""SQL condition: an outage blocks the row `endpoint`; the form of `blocking` for raw statements."""
TRIES_ENDPOINT = """EXISTS (
    SELECT 1 FROM generation_provideroutage AS outage
    WHERE outage.provider = endpoint.provider AND outage.endpoint_id = endpoint.endpoint_id
        AND outage.kind = 'replies_unread' AND outage.probe_at <= statement_timestamp()
)"""
"""SQL condition: the row `endpoint` may get one job, whose reply tells whether it is well again."""
WITHOUT_CHECKS = """
    SELECT endpoint.id FROM generation_endpoint AS endpoint
    JOIN generation_provideroutage AS outage ON outage.provider = endpoint.provider
    WHERE outage.kind = 'key_refused'
        OR outage.kind = 'endpoint_missing' AND outage.endpoint_id = endpoint.endpoint_id"""
"""SQL of the endpoints about whose jobs the provider refuses to tell."""


class ProviderOutageQuerySet(models.QuerySet["ProviderOutage"]):
    def blocking(self, endpoint_id: str | OuterRef, *, provider: str | OuterRef) -> Self:
        """Keep those that block this endpoint."""
        blocks = Q(kind=OutageKind.KEY_REFUSED) | Q(endpoint_id=endpoint_id)
        return self.filter(blocks, provider=provider).exclude(
            kind=OutageKind.REPLIES_UNREAD, probe_at__lte=Now()
        )

    def due(self, *, now: datetime) -> Self:
        """Keep those to look at now: any image that is stored ends one by unread replies."""
        return self.filter(Q(probe_at__lte=now) | Q(kind=OutageKind.REPLIES_UNREAD))


class ProviderOutage(models.Model):
    """What stops submissions, until a probe succeeds. Only `jobs.engine.outages` writes it."""

    kind = models.CharField(_("problem"), max_length=20, choices=OutageKind.choices)
    provider = models.CharField(
        _("provider"),
        max_length=20,
        choices=ProviderName.choices,
        default=ProviderName.RUNPOD,
        db_default=ProviderName.RUNPOD,
    )
    # Of KEY_REFUSED: an endpoint that refused it.
    endpoint_id = models.CharField(_("endpoint id"), max_length=100)
    detail = models.TextField(_("provider’s message"), blank=True)
    since = models.DateTimeField(_("since"))
    probe_at = models.DateTimeField(_("next probe"))
    probes = models.PositiveIntegerField(_("probes"), default=0)

    objects = ProviderOutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("problem at a provider")
        verbose_name_plural = _("problems at providers")
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                name="one_refused_key",
                fields=["provider"],
                condition=Q(kind=OutageKind.KEY_REFUSED),
            ),
            models.UniqueConstraint(
                name="one_outage_per_endpoint",
                fields=["provider", "endpoint_id", "kind"],
                condition=~Q(kind=OutageKind.KEY_REFUSED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.endpoint_id}"

    @property
    def text(self) -> str:
        """What is wrong, with the names of provider and endpoint."""
        provider, kind = self.get_provider_display(), self.get_kind_display()
        return f"{provider}: {kind} ({self.endpoint_id})"


def open_endpoints(*, now: datetime) -> EndpointQuerySet:
    """Return the enabled endpoints that take jobs: neither an outage nor a pause closes them."""
    outage = ProviderOutage.objects.blocking(OuterRef("endpoint_id"), provider=OuterRef("provider"))
    unpaused = Q(submit_after=None) | Q(submit_after__lte=now)
    return Endpoint.objects.enabled().filter(unpaused, ~Exists(outage))
