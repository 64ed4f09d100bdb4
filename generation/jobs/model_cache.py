"""A short-lived cache of the models, for displaying jobs. Decisions read the row."""

import threading
import time
from collections.abc import Iterable
from typing import Any

from django.db.models.signals import post_delete, post_save

from generation.models import ImageModel, Job

TTL_SECONDS = 2.0


class _Cache:
    """All models by id, read in one query. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self, **_: Any) -> None:
        self._until, self._models = 0.0, dict[int, ImageModel]()

    def get(self, ids: set[int]) -> dict[int, ImageModel]:
        with self._lock:
            if time.monotonic() > self._until or not ids <= self._models.keys():
                self._models = ImageModel.objects.in_bulk()
                self._until = time.monotonic() + TTL_SECONDS
            return self._models


_cache = _Cache()
forget = _cache.forget
post_save.connect(forget, sender=ImageModel)
post_delete.connect(forget, sender=ImageModel)


def attach(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs with their models, at most TTL_SECONDS old."""
    found = list(jobs)
    if found:
        models = _cache.get({job.model_id for job in found})
        for job in found:
            job.model = models[job.model_id]
    return found
