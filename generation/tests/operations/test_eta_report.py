"""How often jobs ended as promised."""

import json
from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from generation.models import Status
from generation.operations import scrape
from generation.testing.cases import BaseTestCase
from generation.testing.rows.api import make_job


class TestEtaReport(BaseTestCase):
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

    def report(self, *arguments: str) -> str:
        out = StringIO()
        call_command("eta_report", *arguments, stdout=out)
        return out.getvalue()

    def test_it_tells_the_shares_by_model_and_in_total(self) -> None:
        found = json.loads(self.report("--json"))
        flux, qwen = found["models"]
        assert flux == {
            "slug": "flux-dev",
            "jobs": 5,
            "inside_p90": 0.8,
            "before_p50": 0.4,
            "promised_seconds": {"p50": 20, "p90": 30},
            "waited_seconds": 24.4,
        }
        assert (qwen["slug"], qwen["inside_p90"], qwen["before_p50"]) == ("qwen-image", 1, 0)
        total = found["total"]
        assert (total["jobs"], total["inside_p90"]) == (6, round(5 / 6, 4))

    def test_it_counts_only_images_that_were_promised(self) -> None:
        self.ended(99, promised_p50_at=None, promised_p90_at=None)
        self.ended(99, status=Status.FAILED, error_code="gpu_lost")
        self.ended(99, status=Status.CANCELED)
        assert json.loads(self.report("--json"))["total"]["jobs"] == 6

    def test_prometheus_gets_the_same(self) -> None:
        found = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(scrape.exposition().decode())
            for sample in family.samples
        }
        assert found["artgen_promise_kept_ratio", "flux-dev", "p90"] == 0.8
        assert found["artgen_promise_kept_ratio", "flux-dev", "p50"] == 0.4
        assert found["artgen_part_up", "promises"] == 1
