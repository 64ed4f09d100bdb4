"""Moderation: rules that staff edit, requests that they stopped, and trusted authors."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from generation.models.expressions import Literal

MAX_WORDS_LENGTH = 20_000
MAX_REASON_LENGTH = 300


class Category(models.TextChoices):
    """What a rule is about; the author of a prompt reads it."""

    SEXUAL = "sexual", _("sexual content")
    MINORS = "minors", _("children")
    VIOLENCE = "violence", _("violence")
    HATE = "hate", _("hate")
    SELF_HARM = "self_harm", _("self-harm")
    PEOPLE = "people", _("real people")
    ILLEGAL = "illegal", _("illegal goods or acts")
    COPYRIGHT = "copyright", _("protected works and brands")
    OTHER = "other", _("site rules")


class RuleKind(models.TextChoices):
    """How the text of a rule is read."""

    WORDS = "words", _("words and phrases, one per line")
    REGEX = "regex", _("regular expression")


class RuleAction(models.TextChoices):
    """What happens to a prompt in which a rule finds something."""

    FLAG = "flag", pgettext_lazy("rule", "flag")  # it passes; staff see it in a list
    HOLD = "hold", pgettext_lazy("rule", "hold for review")  # a moderator decides first
    REFUSE = "refuse", pgettext_lazy("rule", "refuse")  # its author can appeal


class RulesVersion(models.Model):
    """The only row names the present state of the rules; every change of a rule changes it.

    A random name, not a number: after a restore from a backup a number could repeat, and processes
    that remember the rules of that number would take those for the present ones.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.CharField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(name="one_version_of_rules", condition=Q(id=1))]

    def __str__(self) -> str:
        return self.version

    @classmethod
    def renew(cls) -> None:
        """Make every process read the rules again before it next decides."""
        cls.objects.update_or_create(id=1, defaults={"version": uuid.uuid4().hex})


class RuleQuerySet(models.QuerySet["ModerationRule"]):
    """Rules, whose changes in bulk renew the version, too."""

    def update(self, **values: object) -> int:
        with transaction.atomic():
            count = super().update(**values)
            RulesVersion.renew()
        return count

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            deleted = super().delete()
            RulesVersion.renew()
        return deleted

    def bulk_create(self, objs: Iterable["ModerationRule"], *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            created = super().bulk_create(objs, *args, **kwargs)
            RulesVersion.renew()
        return created


class ModerationRule(models.Model):
    """A rule about prompts. `generation.moderation` applies it."""

    kind = models.CharField(
        _("kind"), max_length=8, choices=RuleKind.choices, default=RuleKind.WORDS
    )
    pattern = models.TextField(
        _("text"),
        max_length=MAX_WORDS_LENGTH,
        help_text=_(
            "Words and phrases, one per line; case doesn’t matter. * after a word matches any "
            "ending: “weapon*”."
        ),
    )
    inflections = models.BooleanField(
        _("with inflections"),
        default=True,
        help_text=_("Finds other forms of the same words, in English and Russian."),
    )
    category = models.CharField(
        _("category"), max_length=12, choices=Category.choices, default=Category.OTHER
    )
    action = models.CharField(
        _("action"), max_length=8, choices=RuleAction.choices, default=RuleAction.REFUSE
    )
    at_placing = models.BooleanField(_("when creating images"), default=True)
    at_publishing = models.BooleanField(_("when submitting to Explore"), default=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("Visible to staff only.")
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("moderation rule")
        verbose_name_plural = _("moderation rules")
        ordering = ["category", "id"]
        constraints = [
            models.CheckConstraint(
                name="rule_applies_somewhere",
                condition=Q(at_placing=True) | Q(at_publishing=True),
                violation_error_message=_("Choose where the rule applies."),
            )
        ]

    def __str__(self) -> str:
        return self.pattern.split("\n", 1)[0][:60]

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            super().save(*args, **kwargs)
            RulesVersion.renew()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            RulesVersion.renew()
        return deleted


class ReviewState(models.TextChoices):
    """State of a request that a rule found something in."""

    REFUSED = "refused", _("not allowed")  # by a rule; its author can appeal
    WAITING = "waiting", _("waiting for review")  # held by a rule, or its author has appealed
    # By a moderator: the prompt is allowed to this user from now on.
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", pgettext_lazy("review", "rejected")  # by a moderator; `reason` says why
    CANCELED = "canceled", pgettext_lazy("review", "canceled")  # by its author
    FLAGGED = "flagged", _("flagged")  # it was placed; staff have not looked at it yet
    SEEN = "seen", pgettext_lazy("review", "looked at")  # was flagged


class PromptReviewQuerySet(models.QuerySet["PromptReview"]):
    def of(self, user: Any) -> "PromptReviewQuerySet":
        """Filter by author, without those that only staff see."""
        return self.filter(user=user).exclude(state__in=STAFF_ONLY)

    def waiting(self) -> "PromptReviewQuerySet":
        """Keep those that a moderator decides."""
        return self.filter(state=Literal(ReviewState.WAITING), user__is_active=True)


STAFF_ONLY = (ReviewState.FLAGGED, ReviewState.SEEN)


class PromptReview(models.Model):
    """A request for images whose prompt a rule refused, held or flagged.

    Nothing of it is placed or charged before a moderator approves it. Only `moderation.reviews`
    writes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="prompt_reviews",
        verbose_name=_("user"),
    )
    state = models.CharField(_("state"), max_length=10, choices=ReviewState.choices)
    prompt = models.TextField(_("prompt"))
    # Of the prompts that a rule found something in: the same request is not stored twice, and an
    # approval counts for the next one with these prompts.
    digest = models.CharField(max_length=64, editable=False)
    # As `orders.place` takes them, with what else it needs to place them later.
    requests = models.JSONField(default=list)
    is_batch = models.BooleanField(default=False)
    key = models.CharField(max_length=255, blank=True)
    token_id = models.UUIDField(null=True)
    # The price that its author agreed to; NULL: any.
    max_credits = models.PositiveIntegerField(null=True)
    # The sheet that the jobs are to form, as `sheet_orders.SheetOrder.as_json` has it.
    sheet = models.JSONField(null=True)
    # `[{"rule", "category", "action", "words"}]`
    matches = models.JSONField(default=list)
    created_at = models.DateTimeField(_("sent"))
    appealed_at = models.DateTimeField(_("appealed"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("decided by"),
    )
    reason = models.CharField(_("reason"), max_length=MAX_REASON_LENGTH, blank=True)
    placed = models.UUIDField(null=True)  # id of the batch or of the job
    # Why the approved request could not be placed, in the author's language.
    obstacle = models.CharField(max_length=300, blank=True)

    objects = PromptReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("prompt review")
        verbose_name_plural = _("prompt reviews")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="review_is_decided_with_a_time",
                condition=~Q(state__in=("approved", "rejected")) | Q(decided_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_waiting_review_per_prompt",
                fields=["user", "digest"],
                condition=Q(state="waiting"),
            ),
        ]
        indexes = [
            models.Index(
                name="reviews_waiting", fields=["created_at", "id"], condition=Q(state="waiting")
            ),
            models.Index(
                name="reviews_flagged", fields=["created_at", "id"], condition=Q(state="flagged")
            ),
            models.Index(name="review_of_user", fields=["user", "-id"]),
            models.Index(name="review_of_prompt", fields=["user", "digest"]),
            models.Index(name="review_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        # Without the prompt: the log of staff has this text and outlives the account.
        return str(self.id)

    @property
    def can_be_appealed(self) -> bool:
        return self.state == ReviewState.REFUSED


class TrustedAuthor(models.Model):
    """A user whose images appear in Explore without review, and whose prompts are not held."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="trusted_author",
        verbose_name=_("user"),
    )
    since = models.DateTimeField(_("since"), auto_now_add=True)
    trusted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("trusted by"),
    )

    class Meta:
        verbose_name = _("trusted author")
        verbose_name_plural = _("trusted authors")
        ordering = ["-since", "-id"]

    def __str__(self) -> str:
        return str(self.user)
