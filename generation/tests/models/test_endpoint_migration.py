"""A database with jobs under way gets endpoints, while the version before serves."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import TransactionTestCase
from django.utils import timezone

from generation.models import ACTIVE, FINAL, Status

BEFORE = [("generation", "0004_no_images_of_sheets")]
FILLED = [("generation", "0006_fill_endpoints")]


def migrate(targets: list[tuple[str, str]]) -> Any:
    """Migrate there, and return the models as they are then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    executor.loader.build_graph()
    return executor.loader.project_state(targets).apps


@pytest.mark.release("generation/migrations/", "artgen/database/")
class TestEndpointMigration(TransactionTestCase):
    def setUp(self) -> None:
        self.addCleanup(lambda: migrate(MigrationExecutor(connection).loader.graph.leaf_nodes()))
        self.before = migrate(BEFORE)
        self.now = timezone.now()
        self.user = self.before.get_model("accounts", "User").objects.create(email="a@example.org")
        self.model = self.before.get_model("generation", "ImageModel").objects.create(
            slug="flux",
            endpoint_id="flux-1",
            dialect="public",
            max_in_flight=7,
            submit_after=self.now,
            submit_failures=3,
        )

    def place(self, status: str) -> None:
        is_final = status in FINAL
        self.before.get_model("generation", "Job").objects.create(
            user=self.user,
            model=self.model,
            prompt="fog",
            width=64,
            height=64,
            seed=1,
            credits=1,
            snapshot={"endpoint_id": "flux-1"},
            status=status,
            due_at=None if is_final else self.now + timedelta(minutes=1),
            runpod_id="" if status == Status.QUEUED else f"rp-{status}",
            error_code="gpu_lost" if status == Status.FAILED else "",
            created_at=self.now,
            finished_at=self.now if is_final else None,
        )

    def test_it_gives_a_model_its_endpoint_and_changes_no_job(self) -> None:
        for status in (*ACTIVE, *FINAL):
            self.place(status)
        jobs = list(self.before.get_model("generation", "Job").objects.order_by("id").values())

        after = migrate(FILLED)

        endpoint = after.get_model("generation", "Endpoint").objects.get()
        assert (endpoint.model_id, endpoint.provider, endpoint.endpoint_id) == (
            self.model.pk,
            "runpod",
            "flux-1",
        )
        assert (endpoint.max_in_flight, endpoint.submit_failures) == (7, 3)
        assert endpoint.submit_after == self.now
        filled = list(after.get_model("generation", "Job").objects.order_by("id").values())
        assert {row["status"] for row in filled if row.pop("endpoint_id") == endpoint.pk} == {
            Status.SUBMITTED,
            Status.RUNNING,
            Status.STORING,
        }
        assert filled == jobs

    def test_the_version_before_places_jobs_and_adds_models(self) -> None:
        migrate(FILLED)
        self.place(Status.QUEUED)
        models = self.before.get_model("generation", "ImageModel").objects
        models.create(slug="other", endpoint_id="other-1", dialect="public")
        assert models.get(slug="flux").max_in_flight == 7

    def test_it_reads_models_of_the_new_version(self) -> None:
        after = migrate(FILLED)
        after.get_model("generation", "ImageModel").objects.create(slug="new", dialect="public")
        assert self.before.get_model("generation", "ImageModel").objects.get(slug="new")
