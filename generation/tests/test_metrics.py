"""`/metrics`, and that rules and dashboard speak of nothing else."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from artgen.test import EmulatorTestCase
from artgen.tests.test_health import dead_broker
from artgen.tests.test_request_stats import forget
from generation.jobs import driver, heartbeat, outages
from generation.models import GenerationSwitch, ImageModel, Job
from generation.runpod.verdicts import KeyRefused

MONITORING = settings.BASE_DIR / "deploy"
RULES = MONITORING / "prometheus" / "rules.yml"
DASHBOARD = MONITORING / "grafana" / "dashboards" / "artgen.json"


def parsed(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the values by name and labels' values."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


class MetricsTests(EmulatorTestCase):
    def setUp(self) -> None:
        forget()
        super().setUp()

    def scrape(self) -> dict[str, dict[tuple[str, ...], float]]:
        response = self.client.get("/metrics")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        return parsed(response.content.decode())

    def test_it_tells_of_jobs_credits_and_the_switch(self) -> None:
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=1)
        jobs = [self.place() for _ in range(3)]
        driver.submit("flux-schnell")
        Job.objects.filter(id=jobs[2].id).update(due_at=timezone.now() - timedelta(seconds=90))
        GenerationSwitch.objects.create(on=False)
        found = self.scrape()
        self.assertEqual(
            found["artgen_jobs"],
            {("queued",): 2, ("submitted",): 1, ("running",): 0, ("storing",): 0},
        )
        self.assertEqual(
            found["artgen_jobs_due"],
            {("queued",): 2, ("submitted",): 0, ("running",): 0, ("storing",): 0},
        )
        self.assertAlmostEqual(found["artgen_jobs_due_seconds"]["queued",], 90, delta=5)
        self.assertEqual(found["artgen_jobs_lately"]["queued",], 2)
        self.assertEqual(found["artgen_model_jobs"]["flux-schnell", "waiting"], 2)
        self.assertEqual(found["artgen_model_jobs"]["flux-schnell", "out"], 1)
        self.assertEqual(found["artgen_model_max_in_flight"]["flux-schnell",], 1)
        self.assertEqual(found["artgen_credits_held"][()], sum(job.credits for job in jobs))
        self.assertEqual(found["artgen_creating_on"][()], 0)
        self.assertEqual(set(found["artgen_part_up"].values()), {1})

    def test_it_tells_what_became_of_the_last_hours_jobs(self) -> None:
        old = self.place()
        Job.objects.filter(id=old.id).update(created_at=timezone.now() - timedelta(hours=2))
        self.place()
        self.assertEqual(self.scrape()["artgen_jobs_lately"]["queued",], 1)

    def test_it_tells_of_requests(self) -> None:
        self.client.get("/api/v1/models/")
        self.client.get("/nothing-here/")
        found = self.scrape()
        self.assertEqual(found["artgen_requests_total"], {("api", "4xx"): 1, ("page", "4xx"): 1})
        self.assertEqual(found["artgen_request_seconds_count"], {("api",): 1, ("page",): 1})
        self.assertEqual(found["artgen_request_seconds_bucket"]["api", "+Inf"], 1)
        below = [
            value
            for (kind, _), value in found["artgen_request_seconds_bucket"].items()
            if kind == "api"
        ]
        self.assertEqual(below, sorted(below))

    def test_it_tells_how_long_ago_the_last_tick_was(self) -> None:
        self.assertNotIn("artgen_tick_age_seconds", self.scrape())
        heartbeat.beat()
        self.assertLess(self.scrape()["artgen_tick_age_seconds"][()], 60)

    @pytest.mark.redis
    def test_it_says_what_cannot_be_asked_and_tells_the_rest(self) -> None:
        with dead_broker(), self.assertLogs("generation.operations.metrics", "WARNING"):
            found = self.scrape()
        self.assertEqual(found["artgen_part_up"]["queue",], 0)
        self.assertNotIn("artgen_celery_queue", found)
        self.assertEqual(found["artgen_part_up"]["jobs",], 1)

    def test_it_asks_a_database_that_is_away_once(self) -> None:
        asked: list[str] = []

        def away(execute, sql, *rest):
            asked.append(sql)
            raise OperationalError("the server is away")

        with (
            connection.execute_wrapper(away),
            self.assertLogs("generation.operations.metrics", "WARNING"),
        ):
            found = self.scrape()
        self.assertEqual(len(asked), 1)
        down = {part for (part,), value in found["artgen_part_up"].items() if value == 0}
        self.assertEqual(down, {"database", "jobs", "jobs_lately", "lines", "credits"})
        self.assertIn("artgen_machine_memory_bytes", found)
        self.assertNotIn("artgen_jobs", found)

    @pytest.mark.redis
    @pytest.mark.postgres
    def test_it_tells_of_connections_queue_and_memory(self) -> None:
        found = self.scrape()
        self.assertGreaterEqual(found["artgen_database_connections"][()], 1)
        self.assertEqual(found["artgen_database_connections_limit"][()], 80)
        self.assertGreaterEqual(found["artgen_database_connections_most"][()], 100)
        self.assertGreaterEqual(sum(found["artgen_program_connections"].values()), 1)
        self.assertGreaterEqual(found["artgen_celery_queue"][()], 0)
        self.assertGreater(found["artgen_redis_memory_bytes"][()], 0)

    def test_it_is_nothing_for_whoever_comes_by_way_of_a_proxy(self) -> None:
        for header in ("X-Forwarded-For", "X-Real-IP"):
            self.assertEqual(
                self.client.get("/metrics", headers={header: "203.0.113.9"}).status_code, 404
            )

    def test_it_answers_head_and_nothing_else_and_over_plain_http_too(self) -> None:
        self.assertEqual(self.client.head("/metrics").status_code, 200)
        self.assertEqual(self.client.post("/metrics").status_code, 405)
        with override_settings(SECURE_SSL_REDIRECT=True):
            self.assertEqual(self.client.get("/metrics").status_code, 200)

    def test_it_asks_the_database_the_same_number_of_times_however_many_jobs_there_are(
        self,
    ) -> None:
        with CaptureQueriesContext(connection) as few:
            self.scrape()
        for _ in range(5):
            self.place()
        with self.assertNumQueries(len(few)):
            self.scrape()

    @pytest.mark.redis
    @pytest.mark.postgres
    def test_rules_and_dashboard_speak_only_of_what_there_is(self) -> None:
        heartbeat.beat()
        self.client.get("/api/v1/models/")
        outages.note("x", KeyRefused("RunPod refuses the API key (401)"))
        there = set(self.scrape())
        for file in (RULES, DASHBOARD):
            named = set(re.findall(r"\bartgen_[a-z0-9_]+", file.read_text()))
            self.assertGreater(len(named), 8, file)
            self.assertEqual(named - there, set(), file)


class DashboardTests(EmulatorTestCase):
    def test_it_is_complete(self) -> None:
        dashboard = json.loads(DASHBOARD.read_text())
        panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
        self.assertEqual(
            len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"])
        )
        for panel in panels:
            self.assertTrue(
                panel["title"] and panel["description"] and panel["targets"], panel["title"]
            )
            for target in panel["targets"]:
                self.assertEqual(target["datasource"], {"type": "prometheus", "uid": "prometheus"})

    def test_its_panels_do_not_lie_over_each_other(self) -> None:
        taken: dict[tuple[int, int], str] = {}
        for panel in json.loads(DASHBOARD.read_text())["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, f"{panel['title']} over {taken.get((x, y))}")
                    taken[x, y] = panel["title"]
