"""What is said of a job: the time until its image is done, and from which jobs it was taken."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypedDict

from django.db import models

from generation.jobs.queue.queue_positions import QueuePosition

MAX_RATIO = 2.5  # of p90 to p50, while nobody else waits: a wider range tells nothing


class Basis(models.TextChoices):
    """From which jobs a time was taken."""

    SIZE = "size"  # the model's last jobs of this size
    MODEL = "model"  # its last jobs of any size: too few of this one
    CATALOG = "catalog"  # the typical time that staff entered: no jobs yet


class EtaJson(TypedDict):
    """Seconds: half of all images are ready before `p50`, nine in ten before `p90`."""

    p50: int
    p90: int
    basis: Annotated[
        str,
        Basis,
        "Taken from the model’s last jobs of this `size`; of any size, if there are too few "
        "(`model`); from its typical time, if there are none (`catalog`).",
    ]


@dataclass(frozen=True)
class Eta:
    """Seconds until the image is done: `p50` is the median, `p90` the 90th percentile."""

    p50: int
    p90: int
    basis: Basis = Basis.SIZE

    @classmethod
    def of(cls, p50: float, p90: float, basis: Basis) -> "Eta":
        """Return whole seconds; half a second is shown as one."""
        first = max(1, round(p50))
        return cls(first, max(first, math.ceil(p90)), basis)

    def narrowed(self) -> "Eta":
        """Return the range with `p90` at most MAX_RATIO times `p50`: both give way alike."""
        if self.p90 <= MAX_RATIO * self.p50:
            return self
        p50 = math.ceil(math.sqrt(self.p50 * self.p90 / MAX_RATIO))
        return Eta(p50, math.floor(MAX_RATIO * p50), self.basis)

    def as_json(self) -> EtaJson:
        """Return `{"p50", "p90", "basis"}`."""
        return {"p50": self.p50, "p90": self.p90, "basis": self.basis.value}


@dataclass(frozen=True)
class JobOutlook:
    """What is expected of an active job; nothing of a final one."""

    position: QueuePosition | None = None  # in the queue
    left: Eta | None = None  # until it is done
    is_over: bool = False  # running for longer than earlier jobs took, and nothing shows how far
    parked_until: datetime | None = None  # it waits for a budget
    is_warm: bool = False  # submitted, and its model has an active worker
    is_blocked: bool = False  # queued, and outages block its model
    is_rejected: bool = False  # queued, and the last submissions of its model were rejected
    may_start_none: bool = False  # queued, and its user may have no job at the provider
