"""Users, their ledger of credits, their API tokens, invitations, and emails not sent yet."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7


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
        """Return a new user with all permissions."""
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, **fields}
        )

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of this address, regardless of case; raise `User.DoesNotExist`."""
        return self.get(email=fold(username or ""))


GUARDED = (
    *("id", "credits", "held", "session_epoch", "opened_at", "erase_at", "erased_at"),
    *("banned_at", "banned_until", "ban_reason"),
)
"""Columns of User that have one writer each."""


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by email. Only `accounts.ledger` writes `credits` and `held`."""

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
        _("active"),
        default=True,
        help_text=_("Turn this off instead of deleting the user."),
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    language = models.CharField(
        _("language"), max_length=8, blank=True, help_text=_("Empty: same as browser.")
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
    # Counts up to end all sessions of the user (accounts.sessions).
    session_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # NULL until the starting credits are granted; makes sure that they are granted once.
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True, editable=False)
    # The account is locked and will be erased at this time. Only `accounts.deletion` writes it.
    erase_at = models.DateTimeField(_("to be erased"), null=True, blank=True, editable=False)
    # The row has no personal data any more; it remains because the ledger refers to it.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    # A ban is in force from `banned_at` until `banned_until` (NULL: without an end). Only
    # `accounts.bans` writes it. `is_active` is about the account itself: that of a locked one,
    # such as before its erasure, is refused without a reason, and its shared images are hidden.
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

    # Limits that staff set for this user. NULL: the default of the site (`accounts.limits`).
    max_jobs_per_day = models.PositiveIntegerField(
        _("jobs per day"), null=True, blank=True, help_text=DEFAULT_LIMIT
    )
    max_cancels_per_day = models.PositiveIntegerField(
        _("cancellations per day"), null=True, blank=True, help_text=DEFAULT_LIMIT
    )
    max_credits_per_day = models.PositiveIntegerField(
        _("credits per day"), null=True, blank=True, help_text=DEFAULT_LIMIT
    )
    max_upload_bytes = models.PositiveBigIntegerField(
        _("bytes of uploads"), null=True, blank=True, help_text=DEFAULT_LIMIT
    )
    max_image_bytes = models.PositiveBigIntegerField(
        _("bytes of images"), null=True, blank=True, help_text=DEFAULT_LIMIT
    )
    # Counts of the day `counted_on`, by the site's clock. Only `accounts.daily_limits` writes them.
    counted_on = models.DateField(null=True, editable=False)
    jobs_today = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    cancels_today = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    credits_today = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)

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
        """Normalize the address."""
        super().clean()
        self.email = fold(self.email)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return the hash that a session must have: of the password and of `session_epoch`."""
        found: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        # Sessions of earlier versions have the hash of the password alone.
        return f"{found}.{self.session_epoch}" if self.session_epoch else found

    @property
    def is_banned(self) -> bool:
        """Whether a ban is in force now."""
        return self.banned_at is not None and (
            self.banned_until is None or self.banned_until > timezone.now()
        )

    def get_full_name(self) -> str:
        """Return the name to display: the name, else the part of the address before the @."""
        return self.name or self.email.partition("@")[0]

    def get_short_name(self) -> str:
        """Return the same as `get_full_name`."""
        return self.get_full_name()


class AppendOnly(TypeError):
    """A ledger entry cannot be changed or deleted. Write an `adjust` entry instead."""


class CreditEntryQuerySet(models.QuerySet["CreditEntry"]):
    """Ledger entries, which can be read but not changed."""

    def of(self, user: User) -> CreditEntryQuerySet:
        """Return the entries of one user, newest first."""
        return self.filter(user=user).order_by("-created_at", "-id")

    def update(self, **kwargs: Any) -> NoReturn:
        """Raise `AppendOnly`."""
        raise AppendOnly("The ledger is append-only.")

    def delete(self) -> NoReturn:
        """Raise `AppendOnly`."""
        raise AppendOnly("The ledger is append-only.")

    update.alters_data = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]


class CreditEntry(models.Model):
    """One entry of the ledger, never changed. A user's amounts sum to `User.credits`.

    `accounts.ledger` is the only writer. On PostgreSQL a trigger refuses UPDATE and DELETE as well.
    """

    class Kind(models.TextChoices):
        # Credits were added: starting balance, gift, purchase. Amount > 0, no reference.
        GRANT = "grant", _("Added")
        # The price of a job is held until the job ends. Amount −N ≤ 0.
        HOLD = "hold", _("Held")
        # The job's images are stored and its hold is charged. Amount held − price, usually 0.
        SETTLE = "settle", _("Charged")
        # The job failed or was canceled and its hold was returned. Amount +N ≥ 0.
        RELEASE = "release", _("Returned")
        # A correction by staff. Any sign, never 0.
        ADJUST = "adjust", _("Adjustment")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="entries", verbose_name=_("user"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    amount = models.IntegerField(_("amount"))
    balance_after = models.IntegerField(_("balance after"))
    reference = models.UUIDField(_("reference"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # PROTECT, not SET_NULL: setting it to NULL would rewrite history.
    actor = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="entries_made",
        null=True,
        blank=True,
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    objects = CreditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="grant", amount__gt=0)
                | Q(kind="hold", amount__lte=0)
                | Q(kind__in=("settle", "release"), amount__gte=0)
                | Q(kind="adjust", amount__gt=0)
                | Q(kind="adjust", amount__lt=0),
                name="amount_has_the_sign_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("hold", "settle", "release"), reference__isnull=False)
                | Q(kind__in=("grant", "adjust"), reference__isnull=True),
                name="reference_exactly_for_holds_and_ends",
            ),
            models.CheckConstraint(
                condition=Q(balance_after__gte=0), name="balance_after_never_negative"
            ),
            models.UniqueConstraint(
                fields=("reference",), condition=Q(kind="hold"), name="one_hold_per_reference"
            ),
            models.UniqueConstraint(
                fields=("reference",),
                condition=Q(kind__in=("settle", "release")),
                name="a_hold_ends_once",
            ),
        )
        indexes = (
            models.Index(
                "user", F("created_at").desc(), F("id").desc(), name="ledger_newest_first"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert a new entry; raise `AppendOnly` for an existing one."""
        if not self._state.adding:
            raise AppendOnly("The ledger is append-only.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise `AppendOnly`."""
        raise AppendOnly("The ledger is append-only.")


class Scope(models.TextChoices):
    """What an API token may do. The API checks it in `accounts.permissions`."""

    # GET requests, quotes and sockets.
    READ = "read", pgettext_lazy("scope", "Read")
    # Upload images, create, retry and cancel jobs: what spends credits.
    CREATE = "create", pgettext_lazy("scope", "Create")
    # Change, share and delete images and collections.
    MANAGE = "manage", pgettext_lazy("scope", "Manage")


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
    # Only of tokens with a limit. Only `accounts.ledger` writes it.
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


class InvitationState(models.TextChoices):
    """Where an invitation stands; computed, not stored."""

    # Sent; its link works.
    PENDING = "pending", _("Pending")
    # An account was created with it.
    ACCEPTED = "accepted", _("Accepted")
    # Its time is over. It can be sent again, with a new end.
    EXPIRED = "expired", _("Expired")
    # Staff withdrew it.
    REVOKED = "revoked", _("Revoked")


class Invitation(models.Model):
    """An invitation by email, used once. Only `accounts.invitations` writes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("email"), max_length=254)
    credits = models.PositiveIntegerField(
        _("starting credits"), help_text=_("Granted when the account is created.")
    )
    language = models.CharField(_("language"), max_length=8)
    invited_by = models.ForeignKey(
        User,
        models.SET_NULL,
        related_name="invitations_sent",
        null=True,
        blank=True,
        verbose_name=_("invited by"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True, editable=False)
    # Deleted with the personal data of the account: it contains the address.
    user = models.OneToOneField(
        User,
        models.CASCADE,
        related_name="invitation",
        null=True,
        blank=True,
        verbose_name=_("user"),
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("email",),
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_email",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, user=None)
                | Q(accepted_at__isnull=False, user__isnull=False, revoked_at=None),
                name="invitation_accepted_by_a_user",
            ),
        )
        indexes = (
            models.Index(F("created_at").desc(), F("id").desc(), name="invitations_newest_first"),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> InvitationState:
        """Where it stands now."""
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.revoked_at:
            return InvitationState.REVOKED
        if self.expires_at <= timezone.now():
            return InvitationState.EXPIRED
        return InvitationState.PENDING


class AuditEntry(LogEntry):
    """An entry of the audit log, which is Django's admin log (`artgen.audit`)."""

    class Meta:
        proxy = True
        verbose_name = _("entry of the audit log")
        verbose_name_plural = _("audit log")
        ordering = ("-action_time", "-id")


class OutgoingEmail(models.Model):
    """An email that is not sent yet. `accounts.outbox` writes it, sends it and deletes it.

    The text contains links that sign in or reset a password, so it is kept only until it is sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Empty: deleted without being sent (see `outbox.enqueue`).
    recipient = models.EmailField(_("recipient"), max_length=254, blank=True)
    subject = models.TextField(_("subject"))
    body = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # When to send it next. NULL: given up; the row stays for `doctor`, without its text.
    due_at = models.DateTimeField(_("next attempt"), null=True, default=timezone.now)
    last_error = models.CharField(_("last error"), max_length=400, blank=True)
    created_at = models.DateTimeField(_("enqueued"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("outgoing email")
        verbose_name_plural = _("outgoing emails")
        constraints = (
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | Q(body=""), name="email_given_up_has_no_text"
            ),
        )
        indexes = (models.Index("due_at", "id", name="email_by_due_time"),)

    def __str__(self) -> str:
        return self.subject
