"""Users: who they are, what staff allow them, and counts of their day."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models.quotas import MEGAPIXELS_IN_RANGE, QuotaFields


def fold(email: str) -> str:
    """Return the normalized address, as it is stored and looked up: trimmed, lower-case."""
    return email.strip().lower()


DEFAULT_LIMIT = _("Empty: the default of this site.")


class UserManager(BaseUserManager["User"]):
    """Create users and find them by email, regardless of case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Return a new user without credits (`ledger.open_account` grants them)."""
        if not email.strip():
            raise ValueError("A user needs an email address.")
        user = self.model(email=fold(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, **fields}
        )

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of this address, regardless of case; raise `User.DoesNotExist`."""
        return self.get(email=fold(username or ""))


GUARDED = (
    *("id", "credits", "held", "session_epoch", "opened_at", "erase_at", "erased_at"),
    *("accepted_documents", "banned_at", "banned_until", "ban_reason", "webhook_topics"),
)
"""Columns of User that have one writer each."""


class PromptHelp(models.TextChoices):
    """What the composer proposes when its owner selects Create."""

    NOTHING = "", _("Nothing: create at once")
    TRANSLATE = "translate", _("A translation, if the model doesn’t support the language")
    ENHANCE = "enhance", _("An enhanced prompt")


class User(QuotaFields, AbstractBaseUser, PermissionsMixin):
    """A person who signs in by email.

    Only `accounts.credits.ledger` and `holds` write `credits` and `held`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(
        _("email"),
        unique=True,
        error_messages={"unique": _("A user with this email already exists.")},
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    is_staff = models.BooleanField(
        _("staff"), default=False, help_text=_("Has access to the admin.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Turn this off instead of deleting the user.")
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    language = models.CharField(
        _("language"), max_length=8, blank=True, help_text=_("Empty: same as browser.")
    )
    # What the composer proposes before it creates images; "": nothing.
    prompt_help = models.CharField(
        _("prompt help"),
        max_length=9,
        choices=PromptHelp.choices,
        blank=True,
        default="",
        db_default="",
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, help_text=_("Empty: same as server.")
    )
    credits = models.IntegerField(
        _("credits"), default=0, editable=False, help_text=_("Available.")
    )
    held = models.IntegerField(
        _("held"), default=0, editable=False, help_text=_("Held for jobs in progress.")
    )
    # Counts up to end all sessions of the user (accounts.sessions.sessions).
    session_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # What any of the user's webhooks that are on is sent: members of WebhookTopic, separated by
    # spaces. Statements that change the balance return it, so events cost other users nothing.
    # Only `accounts.webhooks.addresses` writes it.
    webhook_topics = models.CharField(
        max_length=60, blank=True, default="", db_default="", editable=False
    )
    # NULL until the starting credits are granted; makes sure that they are granted once.
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True, editable=False)
    # The account is locked and will be erased at this time. Only `accounts.user_data.deletion`
    # writes it.
    erase_at = models.DateTimeField(_("to be erased"), null=True, blank=True, editable=False)
    # The row has no personal data any more; it remains because the ledger refers to it.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    # A ban is in force from `banned_at` until `banned_until` (NULL: without an end). Only
    # `accounts.access.bans` writes it. `is_active` is about the account itself: that of a locked
    # one, such as before its erasure, is refused without a reason, and its shared images are
    # hidden.
    banned_at = models.DateTimeField(_("banned"), null=True, blank=True, editable=False)
    banned_until = models.DateTimeField(_("banned until"), null=True, blank=True, editable=False)
    ban_reason = models.CharField(
        _("reason of the ban"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )

    # What staff know of the person. The person's export has it; it is erased with the account.
    staff_note = models.TextField(
        _("note"),
        max_length=2000,
        blank=True,
        default="",
        db_default="",
        help_text=_("Only staff see it, and the user’s data export has it."),
    )

    # Versions of the site's documents that the user accepts, with the time of each, such as
    # {"terms": {"2026-12-01": "2026-12-03T10:00:00+00:00"}}. `accounts.access.consents` writes it.
    accepted_documents = models.JSONField(default=dict, db_default={}, editable=False)

    # Limits of bytes that staff set for this user. NULL: the default of the site. Those of jobs,
    # which groups have, too, are in `QuotaFields`.
    max_upload_bytes = models.PositiveBigIntegerField(
        _("bytes of uploads"), null=True, blank=True, help_text=DEFAULT_LIMIT
    )
    max_image_bytes = models.PositiveBigIntegerField(
        _("bytes of images"), null=True, blank=True, help_text=DEFAULT_LIMIT
    )
    # Counts of the day `counted_on` and of its month, by the site's clock. Only
    # `accounts.credits.holds` and `accounts.limits.period_limits` write them.
    counted_on = models.DateField(null=True, editable=False)
    jobs_today = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    cancels_today = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    credits_today = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    jobs_this_month = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    credits_this_month = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("email",)
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="email_unique_in_any_case",
                violation_error_message=_("A user with this email already exists."),
            ),
            models.CheckConstraint(condition=Q(credits__gte=0), name="credits_never_negative"),
            models.CheckConstraint(condition=Q(held__gte=0), name="held_never_negative"),
            models.CheckConstraint(condition=MEGAPIXELS_IN_RANGE, name="user_megapixels_in_range"),
            models.CheckConstraint(
                condition=Q(erase_at=None) | Q(is_active=False),
                name="account_to_be_erased_is_locked",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | ~Q(erase_at=None), name="account_erased_when_asked"
            ),
            models.CheckConstraint(
                condition=Q(banned_at=None, banned_until=None, ban_reason="")
                | Q(banned_at__isnull=False) & ~Q(ban_reason=""),
                name="user_ban_has_a_reason",
            ),
        )
        indexes = (
            models.Index(
                "erase_at",
                condition=Q(erased_at=None, erase_at__isnull=False),
                name="user_to_be_erased",
            ),
            # Few: `jobs.queue.model_queues` asks whether there are any.
            models.Index(
                "max_jobs_at_once",
                condition=Q(max_jobs_at_once__isnull=False),
                name="user_with_jobs_at_once",
            ),
        )

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row; without `update_fields` never what changes by conditional UPDATE alone.

        Libraries save whole rows, whose balance may be outdated by then.
        """
        if not (self._state.adding or kwargs.get("update_fields") or kwargs.get("force_insert")):
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if field.name not in GUARDED and field.attname in self.__dict__
            ]
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        self.email = fold(self.email)

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password.

        Django's also replaces an old hash, which would end the session that confirms it.
        """
        return check_password(raw_password, self.password)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return the hash that a session must have: of the password and of `session_epoch`."""
        password_hash: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return f"{password_hash}.{self.session_epoch}"

    @property
    def is_banned(self) -> bool:
        return self.banned_at is not None and (
            self.banned_until is None or self.banned_until > timezone.now()
        )

    def get_full_name(self) -> str:
        """Return the name to display: the name, else the part of the address before the @."""
        return self.name or self.email.partition("@")[0]

    def get_short_name(self) -> str:
        return self.get_full_name()
