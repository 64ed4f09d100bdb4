"""What staff allow a user or a group. `accounts.limits.quotas` decides which value counts."""

from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

ANY_MODEL = "*"
"""In `allowed_models`: all models, also those that are added later."""
MAX_MEGAPIXELS = 10_000
MEGAPIXELS_IN_RANGE = Q(max_megapixels__gte=0, max_megapixels__lte=MAX_MEGAPIXELS)
INHERITED = _("Empty: the most generous of the user’s groups, else the default of this site.")
ONE_MEGAPIXEL = _("1 is 1024 × 1024 px, or as many pixels in another shape.")


class QuotaFields(models.Model):
    """The values of a user or a group. NULL, or an empty text, says nothing; 0 allows nothing."""

    max_jobs_at_once = models.PositiveIntegerField(
        _("jobs at once"),
        null=True,
        blank=True,
        help_text=format_lazy("{} {}", _("Further jobs wait in the queue."), INHERITED),
    )
    max_jobs_waiting = models.PositiveIntegerField(
        _("jobs in the queue"), null=True, blank=True, help_text=INHERITED
    )
    max_jobs_per_day = models.PositiveIntegerField(
        _("jobs per day"), null=True, blank=True, help_text=INHERITED
    )
    max_jobs_per_month = models.PositiveIntegerField(
        _("jobs per month"), null=True, blank=True, help_text=INHERITED
    )
    max_credits_per_day = models.PositiveIntegerField(
        _("credits per day"), null=True, blank=True, help_text=INHERITED
    )
    max_credits_per_month = models.PositiveIntegerField(
        _("credits per month"), null=True, blank=True, help_text=INHERITED
    )
    max_cancels_per_day = models.PositiveIntegerField(
        _("cancellations per day"), null=True, blank=True, help_text=INHERITED
    )
    max_batch = models.PositiveSmallIntegerField(
        _("images in one request"), null=True, blank=True, help_text=INHERITED
    )
    max_megapixels = models.FloatField(
        _("largest image, megapixels"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_MEGAPIXELS)],
        help_text=format_lazy("{} {}", ONE_MEGAPIXEL, INHERITED),
    )
    # Slugs of models, separated by spaces, or ANY_MODEL.
    allowed_models = models.TextField(
        _("allowed models"), blank=True, default="", db_default="", help_text=INHERITED
    )

    class Meta:
        abstract = True


class GroupQuota(QuotaFields):
    group = models.OneToOneField(
        Group, models.CASCADE, primary_key=True, related_name="quota", verbose_name=_("group")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("quotas of the group")
        constraints = (
            models.CheckConstraint(
                condition=MEGAPIXELS_IN_RANGE, name="groupquota_megapixels_in_range"
            ),
        )

    def __str__(self) -> str:
        return str(self.group)


def is_set(row: object, name: str) -> bool:
    """Return whether a user's or a group's row has a value of its own for this field."""
    return getattr(row, name) not in (None, "")
