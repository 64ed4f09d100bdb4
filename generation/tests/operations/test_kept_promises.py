"""How often jobs ended as promised."""

from datetime import timedelta

from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from generation.models import Status
from generation.operations import kept_promises, scrape
from generation.operations.kept_promises import KeptPromises
from generation.testing.cases import BaseTestCase
from generation.testing.rows.api import make_job


class TestKeptPromises(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()
        for waited in (15, 18, 25, 29, 35):  # promised: 20 to 30 s
            cls.ended(waited)
        cls.ended(25, model="qwen-image")

    @classmethod
    def ended(cls, waited: float, *, model: str = "flux-dev", **fields) -> None:
        """Store a job that took so long, and whose end was promised in 20 to 30 s."""
        now = timezone.now()
        placed = now - timedelta(seconds=waited)
        make_job(
            cls.alice,
            model=model,
            **{
                "status": Status.SUCCEEDED,
                "created_at": placed,
                "finished_at": now,
                "promised_p50_at": placed + timedelta(seconds=20),
                "promised_p90_at": placed + timedelta(seconds=30),
                **fields,
            },
        )

    def test_it_tells_the_shares_by_model(self) -> None:
        assert kept_promises.kept_since(timezone.now() - timedelta(hours=1)) == [
            KeptPromises("flux-dev", jobs=5, before_p50=2, inside_p90=4),
            KeptPromises("qwen-image", jobs=1, before_p50=0, inside_p90=1),
        ]

    def test_it_counts_only_images_that_were_promised(self) -> None:
        self.ended(99, promised_p50_at=None, promised_p90_at=None)
        self.ended(99, status=Status.FAILED, error_code="gpu_lost")
        self.ended(99, status=Status.CANCELED)
        found = kept_promises.kept_since(timezone.now() - timedelta(hours=1))
        assert sum(model.jobs for model in found) == 6

    def test_prometheus_gets_the_same(self) -> None:
        found = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(scrape.exposition().decode())
            for sample in family.samples
        }
        assert found["artgen_promise_kept_ratio", "flux-dev", "p90"] == 0.8
        assert found["artgen_promise_kept_ratio", "flux-dev", "p50"] == 0.4
        assert found["artgen_part_up", "promises"] == 1
