"""Classes in the shared cache: processes of two versions read it at the same time in an upgrade.

A process cannot read a value of a class that its version does not have under this name. So a class
that moves needs a new number in the keys of the cache that have its values.
"""

import io
import pickle
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from generation.jobs.budgets import budget_state
from generation.jobs.queue import model_queues
from generation.models import Budget, ImageModel, Job, Period, Status
from generation.operations.status import service
from generation.testing.cases import BaseTestCase
from generation.testing.rows.api import make_job

OWN = ("accounts.", "artgen.", "generation.")
CLASSES = {
    "jobs.model_queues:9:": {
        "generation.jobs.queue.model_queues.ModelQueue",
        "generation.jobs.queue.model_queues.UserLimit",
        "generation.jobs.queue.queue_positions.Positions",
    },
    "jobs.eta.history:4:": {
        "generation.jobs.eta.distributions.Distribution",
        "generation.jobs.eta.history.History",
    },
    "jobs.budgets:2:states": {"generation.jobs.budgets.budget_state.BudgetState"},
    "status.service:6": {
        "generation.jobs.eta.eta_types.Basis",
        "generation.jobs.eta.eta_types.Eta",
        "generation.operations.status.service.Creation",
        "generation.operations.status.service.LastHour",
        "generation.operations.status.service.ModelState",
        "generation.operations.status.service.ModelStatus",
        "generation.operations.status.service.ServiceStatus",
        "generation.operations.status.service.Wait",
    },
}
"""By key, without the id of a model. Change the number in the key with the name of a class."""


class TestCachedClasses(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        now = timezone.now()
        Budget.objects.create(period=Period.DAY, limit_usd=100)
        make_job(self.alice)
        for hours in range(4):  # each of them has a cold start
            sent = now - timedelta(hours=hours, minutes=2)
            done = sent + timedelta(minutes=1)
            job = make_job(self.alice, status=Status.SUCCEEDED)
            Job.objects.filter(pk=job.pk).update(
                created_at=sent, submitted_at=sent, delay_ms=9000, finished_at=done
            )

    def test_a_class_that_moves_changes_the_key(self) -> None:
        model = ImageModel.objects.get(slug="flux-dev")
        with override_settings(MAX_JOBS_AT_ONCE_PER_USER=1):
            service.read()
        keys = {
            model_queues.cache_key(model.pk),
            f"jobs.eta.history:4:{model.pk}",
            budget_state.CACHE_KEY,
            service.KEY,
        }
        found = {key.removesuffix(str(model.pk)): classes_in(cache.get(key)) for key in keys}
        assert found == CLASSES


class Reader(pickle.Unpickler):
    """Notes the names of classes."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.names = set[str]()

    def find_class(self, module: str, name: str) -> Any:
        """Return the class and note its name."""
        self.names.add(f"{module}.{name}")
        return super().find_class(module, name)


def classes_in(value: Any) -> set[str]:
    """Return the names of ArtGen's own classes in the pickled value."""
    reader = Reader(io.BytesIO(pickle.dumps(value)))
    reader.load()
    return {name for name in reader.names if name.startswith(OWN)}
