"""API tokens and what they may do."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from accounts.models.users import User


class Scope(models.TextChoices):
    """What an API token may do. The API checks it in `accounts.tokens.permissions`."""

    # GET requests, quotes and sockets.
    READ = "read", pgettext_lazy("scope", "Read")
    # Upload images, create, retry and cancel jobs: what spends credits.
    CREATE = "create", pgettext_lazy("scope", "Create")
    # Change, share and delete images and collections.
    MANAGE = "manage", pgettext_lazy("scope", "Manage")


PROGRAM_MAX_LENGTH = 100
ALL_SCOPES = " ".join(Scope.values)


class ApiToken(models.Model):
    """An API token with a name. Only the SHA-256 of its text is stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # The first 8 characters of the text, by which the owner recognizes it.
    prefix = models.CharField(_("begins with"), max_length=8, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    # Where that request said which program sent it: the start of its User-Agent.
    last_used_by = models.CharField(
        _("last used by"),
        max_length=PROGRAM_MAX_LENGTH,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    # Members of Scope, separated by spaces.
    scopes = models.CharField(
        _("scopes"), max_length=40, default=ALL_SCOPES, db_default=ALL_SCOPES, editable=False
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, editable=False)
    # NULL: no limit. Credits are counted when a job is created, whether or not they are returned.
    credit_limit = models.PositiveIntegerField(
        _("spending limit"), null=True, blank=True, editable=False
    )
    # Only of tokens with a limit. Only `accounts.credits.holds` writes it.
    credits_spent = models.PositiveIntegerField(_("spent"), default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "name"),
                condition=Q(revoked_at=None),
                name="live_token_names_unique_per_user",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
