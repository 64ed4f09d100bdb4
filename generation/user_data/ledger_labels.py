"""What was spent for whom, by the labels of jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from accounts.job_app import LabelTotal
from generation.models import Job, JobQuerySet, Status


def totals(user_id: UUID, since: datetime, until: datetime) -> Sequence[LabelTotal]:
    """Return images and charged credits by label, the most expensive first."""
    rows = (
        _labeled(user_id, since, until)
        .filter(status=Status.SUCCEEDED)
        .order_by()
        .values("label")
        .annotate(jobs=Count("id"), charged=Sum("credits"))
        .order_by("-charged", "label")
    )
    return [LabelTotal(row["label"], row["jobs"], row["charged"]) for row in rows]


def labeled(user_id: UUID, label: str, since: datetime, until: datetime) -> "QuerySet[Any, Any]":
    """Return the ids of the jobs with this label."""
    return _labeled(user_id, since, until).filter(label=label).order_by().values_list("id")


def _labeled(user_id: UUID, since: datetime, until: datetime) -> JobQuerySet:
    placed = Job.objects.filter(user_id=user_id, created_at__gte=since, created_at__lt=until)
    return placed.exclude(label="")
