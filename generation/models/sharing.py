"""Publication of images: requests, decisions and reports."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from artgen.web import formatting
from generation.models.expressions import Literal
from generation.models.images import Image


class PublicationState(models.TextChoices):
    WAITING = "waiting", _("waiting for review")  # not public
    PUBLISHED = "published", _("published")  # on /explore/, for everyone
    HIDDEN = "hidden", _("hidden after reports")  # was on /explore/; to be reviewed again
    # By a moderator or a rule, before or after it was public; `reason` says why.
    REFUSED = "refused", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")  # by its owner


OPEN = (PublicationState.WAITING, PublicationState.PUBLISHED, PublicationState.HIDDEN)
TO_REVIEW = (PublicationState.WAITING, PublicationState.HIDDEN)


class PublicationQuerySet(models.QuerySet["Publication"]):
    def open(self) -> "PublicationQuerySet":
        """Exclude rejected and withdrawn ones."""
        return self.filter(state__in=OPEN)

    def shown(self) -> "PublicationQuerySet":
        """Keep public ones, with the rows that their page needs."""
        shown = self.filter(
            state=PublicationState.PUBLISHED,
            image__trashed_at__isnull=True,
            image__user__is_active=True,
        ).select_related("image__job", "image__model", "image__user")
        return shown.defer("words", "image__words")

    def reported(self) -> "PublicationQuerySet":
        """Keep public ones with open reports, also those that reports have hidden."""
        states = PublicationState.PUBLISHED, PublicationState.HIDDEN
        return self.filter(state__in=states, id__in=_open_reports())

    def to_review(self) -> "PublicationQuerySet":
        """Exclude reported ones from those that wait for a decision."""
        return self.waiting().exclude(id__in=_open_reports())

    def undecided(self) -> models.QuerySet[Any, Any]:
        """Return the ids of those that wait for a decision, and of public ones with open reports.

        Each part has an index; with OR instead, PostgreSQL reads the whole table.
        """
        reported = self.filter(state=PublicationState.PUBLISHED, id__in=_open_reports())
        waiting = self.waiting()
        return waiting.order_by().values("id").union(reported.order_by().values("id"))

    def waiting(self) -> "PublicationQuerySet":
        return self.filter(state__in=[Literal(state) for state in TO_REVIEW])

    def newest_first(self) -> "PublicationQuerySet":
        return self.order_by("-published_at", "-id")


def _open_reports() -> models.QuerySet[Any, Any]:
    return Report.objects.filter(settled_at__isnull=True).values("publication_id")


class Publication(models.Model):
    """A request to publish an image, and its state. A new request is a new row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    image = models.ForeignKey(
        Image, models.CASCADE, related_name="publications", verbose_name=_("image")
    )
    slug = models.CharField(max_length=32, unique=True, editable=False)
    with_parameters = models.BooleanField(_("with its prompt and parameters"), default=False)
    with_name = models.BooleanField(_("with the owner’s name"), default=False)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=PublicationState.choices,
        default=PublicationState.WAITING,
    )
    reason = models.CharField(
        _("reason"),
        max_length=300,
        blank=True,
        help_text=_("Shown to the owner on the image page."),
    )
    asked_at = models.DateTimeField(_("requested"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("decided by"),
        help_text=_("Empty: decided by a rule."),
    )
    # What rules found in its prompt, as in `PromptReview.matches`; NULL: nothing.
    matches = models.JSONField(null=True, editable=False)
    # When its owner asked for a review although a rule had refused it.
    appealed_at = models.DateTimeField(_("appealed"), null=True, editable=False)
    # Of the prompt that everybody sees, for the search of Explore; NULL if its owner hides it. Only
    # the database writes and reads it (migration 0012).
    words = SearchVectorField(null=True, editable=False)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications: to review")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_publication", fields=["image"], condition=Q(state__in=OPEN)
            ),
            models.CheckConstraint(
                name="published_has_a_time",
                condition=~Q(state=PublicationState.PUBLISHED) | Q(published_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="publications_shown",
                fields=["-published_at", "-id"],
                condition=Q(state=PublicationState.PUBLISHED),
            ),
            GinIndex(
                name="publication_words",
                fields=["words"],
                condition=Q(state=PublicationState.PUBLISHED),
                fastupdate=False,
            ),
            models.Index(
                name="publications_waiting", fields=["asked_at"], condition=Q(state__in=TO_REVIEW)
            ),
        ]

    def __str__(self) -> str:
        # Without the prompt: the log of staff has this text and outlives the account.
        return gettext("Image submitted %(at)s") % {"at": formatting.moment(self.asked_at)}

    @property
    def can_be_appealed(self) -> bool:
        """Whether a rule refused it, so that its owner can request a review."""
        is_refused = self.state == PublicationState.REFUSED and self.appealed_at is None
        return is_refused and any(match["action"] == "refuse" for match in self.matches or ())


class Report(models.Model):
    """A visitor's report of a public image. At most one for each visitor."""

    class Kind(models.TextChoices):
        """Reason of the report."""

        ILLEGAL = "illegal", _("It breaks the law")
        PERSON = "person", _("It shows a real person")
        OFFENSIVE = "offensive", _("It is offensive or disturbing")
        STOLEN = "stolen", _("It copies someone’s work")
        OTHER = "other", _("Something else")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    publication = models.ForeignKey(Publication, models.CASCADE, related_name="reports")
    # A keyed hash of publication and visitor: tells visitors apart without identifying them.
    reporter = models.CharField(max_length=64, editable=False)
    kind = models.CharField(_("reason"), max_length=10, choices=Kind.choices)
    words = models.CharField(_("details"), max_length=500, blank=True)
    # The signed-in visitor, until the decision has been written to them.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    created_at = models.DateTimeField(_("reported"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)  # by a moderator

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="one_report_per_visitor", fields=["publication", "reporter"]
            )
        ]
        indexes = [
            models.Index(
                name="reports_open", fields=["publication"], condition=Q(settled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
