"""What models cost at RunPod against what they were expected to cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from generation.models import ImageModel, Job, Status

DAYS = 30


@dataclass(frozen=True)
class Spent:
    """The jobs of one model whose cost RunPod has told, in dollars; `expected` is None where nobody has said."""

    jobs: int
    recorded: Decimal
    expected: Decimal | None
    without_image: Decimal  # of `recorded`, on jobs that failed or were canceled

    @property
    def drift(self) -> Decimal | None:
        """How much more was paid than expected, as a share: 0.1 is 10 %."""
        return self.recorded / self.expected - 1 if self.expected else None


def spent(models: Iterable[ImageModel], *, days: int = DAYS) -> dict[int, Spent]:
    """Return what the jobs of the last days have cost, by model; one query however many models there are.

    A job that brought no image counts when it cost money.
    """
    since = timezone.now() - timedelta(days=days)
    first_id = UUID(
        int=max(0, int(since.timestamp() * 1000)) << 80
    )  # UUIDv7 begins with the milliseconds
    paid = Job.objects.filter(id__gte=first_id).filter(
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
        )
    return found
