"""Budgets in dollars, and the running sums of what was spent."""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.limits import period_limits
from generation.models.image_models import ImageModel


class Period(models.TextChoices):
    """What a budget is for. Both begin at midnight of TIME_ZONE."""

    DAY = "day", _("day")
    MONTH = "month", _("month")

    @property
    def ends_at(self) -> datetime:
        return period_limits.next_day() if self == Period.DAY else period_limits.next_month()


class Budget(models.Model):
    """How many dollars may be spent at the provider: by everybody, by a group, or on a model.

    `jobs.budgets.budget_state` compares, `jobs.engine.lifecycle.parking` parks the jobs that a
    budget does not allow.
    """

    group = models.ForeignKey(
        Group,
        models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("group"),
        help_text=_("Only jobs of its members. Empty, and no model: all jobs."),
    )
    model = models.ForeignKey(
        ImageModel,
        models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("model"),
        help_text=_("Only jobs of this model."),
    )
    period = models.CharField(_("per"), max_length=5, choices=Period.choices, default=Period.DAY)
    limit_usd = models.DecimalField(
        _("limit, $"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Once it is spent, new jobs wait until the next day or month."),
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="budget_of_a_group_or_a_model", condition=Q(group=None) | Q(model=None)
            ),
            models.CheckConstraint(
                name="budget_is_not_negative", condition=Q(limit_usd__gte=Decimal(0))
            ),
            models.UniqueConstraint(
                name="one_budget_of_the_site",
                fields=["period"],
                condition=Q(group=None, model=None),
            ),
            models.UniqueConstraint(
                name="one_budget_per_group",
                fields=["group", "period"],
                condition=Q(group__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_budget_per_model",
                fields=["model", "period"],
                condition=Q(model__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.scope}: ${self.limit_usd} / {self.get_period_display()}"

    @property
    def scope(self) -> str:
        """Whose jobs it limits, in words."""
        return str(self.group or self.model or _("all jobs"))

    def clean(self) -> None:
        """Refuse a budget of a group on a model, and a second one of the same scope."""
        if self.group and self.model:
            raise ValidationError(_("Choose a group or a model, not both."))
        same = Budget.objects.filter(group=self.group, model=self.model, period=self.period)
        if same.exclude(pk=self.pk).exists():
            raise ValidationError(_("There is such a budget already. Change its limit."))


class Spending(models.Model):
    """Dollars that jobs of a model have cost in a day or month. `jobs.budgets.spending` is the only
    writer.

    Rows with a group are the part of its members, as they were when a job ended at the provider.
    Deleted jobs remain in the sums. `reconciliation` adds those of DELETED to what it reads from
    jobs.
    """

    DELETED = "gone"
    """The period of deleted jobs: the month of RunPod's bill, by UTC, in which each was sent."""

    period = models.CharField(max_length=5, choices=Period.choices)
    starts_on = models.DateField()
    model = models.ForeignKey(ImageModel, models.CASCADE, related_name="+")
    # 0: of all users. Of DELETED the endpoint, 0: the model's first one.
    group_id = models.IntegerField(default=0)
    usd = models.DecimalField(max_digits=14, decimal_places=5)
    # Only of DELETED, as in `reconciliation.ModelCosts`.
    jobs = models.PositiveIntegerField(default=0, db_default=0)
    credits = models.PositiveBigIntegerField(default=0, db_default=0)
    recorded = models.DecimalField(max_digits=14, decimal_places=5, default=0, db_default=0)
    expected = models.DecimalField(max_digits=14, decimal_places=5, default=0, db_default=0)
    failed_jobs = models.PositiveIntegerField(default=0, db_default=0)
    failed = models.DecimalField(max_digits=14, decimal_places=5, default=0, db_default=0)
    unrecorded_jobs = models.PositiveIntegerField(default=0, db_default=0)
    unreported = models.DecimalField(max_digits=14, decimal_places=5, default=0, db_default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_sum_per_period", fields=["period", "starts_on", "model", "group_id"]
            ),
            models.CheckConstraint(name="spending_is_not_negative", condition=Q(usd__gte=0)),
        )

    def __str__(self) -> str:
        return f"{self.starts_on} {self.model_id} {self.usd}"
