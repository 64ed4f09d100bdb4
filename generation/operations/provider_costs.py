"""Recorded costs of models at RunPod against expected costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from artgen.ids import first_id
from generation.models import ImageModel, Job, Status

DAYS = 30


@dataclass(frozen=True)
class Spent:
    """Costs of one model's jobs in dollars; `expected` is None if it is not configured."""

    jobs: int
    recorded: Decimal
    expected: Decimal | None
    without_image: Decimal  # of `recorded`, on jobs that failed or were canceled
    trials: Decimal  # of `recorded`, on trials by staff, paid by the service

    @property
    def drift(self) -> Decimal | None:
        """The relative difference to the expected cost: 0.1 is 10 % more."""
        return self.recorded / self.expected - 1 if self.expected else None


def spent(models: Iterable[ImageModel], *, days: int = DAYS) -> dict[int, Spent]:
    """Return the costs of the jobs of the last `days` by model id, in one query.

    A job without an image counts if it cost money.
    """
    since = timezone.now() - timedelta(days=days)
    paid = Job.objects.filter(id__gte=first_id(since)).filter(
        Q(status=Status.SUCCEEDED, cost__isnull=False) | Q(cost__gt=0)
    )
    sums = (
        paid.order_by()
        .values("model")
        .annotate(
            jobs=Count("id"),
            pixels=Sum(F("width") * F("height")),
            recorded=Sum("cost"),
            without_image=Sum("cost", filter=~Q(status=Status.SUCCEEDED)),
            trials=Sum("cost", filter=Q(is_trial=True)),
        )
    )
    costs = {model.pk: model.cost for model in models}
    found: dict[int, Spent] = {}
    for row in sums:
        cost = costs.get(row["model"])
        found[row["model"]] = Spent(
            jobs=row["jobs"],
            recorded=row["recorded"],
            expected=cost.of(images=row["jobs"], pixels=row["pixels"]) if cost else None,
            without_image=row["without_image"] or Decimal(0),
            trials=row["trials"] or Decimal(0),
        )
    return found
