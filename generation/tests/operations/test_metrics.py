"""`/metrics`, and that rules and dashboard speak of nothing else."""

import re
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from generation.jobs.engine import driver, heartbeat
from generation.models import Alert, Budget, Endpoint, GenerationSwitch, Job
from generation.operations.alerts.conditions import CONDITIONS
from generation.testing.cases import EmulatorTestCase
from generation.testing.request_stats import forget
from generation.testing.rows.api import make_job
from generation.testing.servers.dead_servers import dead_broker

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


class TestMetrics(EmulatorTestCase):
    def setUp(self) -> None:
        forget()
        super().setUp()

    def scrape(self) -> dict[str, dict[tuple[str, ...], float]]:
        response = self.client.get("/metrics")
        assert response.status_code == 200
        assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return parsed(response.content.decode())

    def test_it_tells_of_jobs_and_credits(self) -> None:
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=1)
        jobs = [self.place() for _ in range(3)]
        driver.submit("flux-schnell")
        due_at = timezone.now() - timedelta(seconds=90)
        Job.objects.filter(id=jobs[2].id).update(due_at=due_at)
        found = self.scrape()
        assert found["artgen_jobs"] == {
            ("queued",): 2,
            ("submitted",): 1,
            ("running",): 0,
            ("storing",): 0,
        }
        waited = (timezone.now() - due_at).total_seconds()
        assert 90 <= found["artgen_jobs_due_seconds"]["queued",] <= waited
        assert found["artgen_jobs_lately"]["queued",] == 2
        assert found["artgen_model_jobs"]["flux-schnell", "waiting"] == 2
        assert found["artgen_model_jobs"]["flux-schnell", "out"] == 1
        assert found["artgen_model_max_in_flight"]["flux-schnell",] == 1
        place = "black-forest-labs-flux-1-schnell", "flux-schnell", "runpod"
        assert found["artgen_endpoint_jobs"][place] == 1
        assert found["artgen_endpoint_open"][place] == 1
        assert found["artgen_credits_held"][()] == sum(job.credits for job in jobs)
        assert set(found["artgen_part_up"].values()) == {1}

    def test_it_tells_of_requests(self) -> None:
        self.client.get("/api/v1/models/")
        self.client.get("/nothing-here/")
        found = self.scrape()
        assert found["artgen_requests_total"] == {("api", "4xx"): 1, ("page", "4xx"): 1}
        assert found["artgen_request_seconds_count"] == {("api",): 1, ("page",): 1}
        assert found["artgen_request_seconds_bucket"]["api", "+Inf"] == 1
        below = [
            value
            for (kind, _), value in found["artgen_request_seconds_bucket"].items()
            if kind == "api"
        ]
        assert below == sorted(below)

    def test_it_tells_which_conditions_are_wrong_once_operators_are_notified(self) -> None:
        heartbeat.beat()
        now = timezone.now()
        for name, notified_at in (("BudgetNear:3", now), ("JobsStuck", None), ("Memory", now)):
            ended_at = now if name == "Memory" else None
            moments = {"started_at": now, "seen_at": now, "ended_at": ended_at}
            Alert.objects.create(name=name, notified_at=notified_at, **moments)
        found = self.scrape()["artgen_condition"]
        assert [labels for labels, value in found.items() if value] == [("BudgetNear", "warning")]
        assert {name for name, _severity in found} == set(CONDITIONS)

    def test_it_notices_silent_workers_although_nothing_checks_for_alerts_then(self) -> None:
        cache.set(heartbeat.KEY, timezone.now() - timedelta(seconds=40))
        assert self.scrape()["artgen_condition"]["NoTicks", "critical"] == 1
        heartbeat.beat()
        assert self.scrape()["artgen_condition"]["NoTicks", "critical"] == 0

    def test_it_counts_refusals_of_the_switch_apart(self) -> None:
        GenerationSwitch.objects.create(on=False)
        self.client.force_login(self.alice)
        body = {"model": "flux-schnell", "prompt": "a lighthouse"}
        response = self.client.post("/api/v1/jobs/", body, content_type="application/json")
        assert response.status_code == 503
        assert self.client.post("/create/", body).status_code == 503
        requests = self.scrape()["artgen_requests_total"]
        assert requests == {("api", "paused"): 1, ("page", "paused"): 1}

    def test_it_says_what_cannot_be_asked_and_tells_the_rest(self) -> None:
        with dead_broker(), self.assertLogs("generation.operations.scrape", "WARNING"):
            found = self.scrape()
        assert found["artgen_part_up"]["queue",] == 0
        assert "artgen_celery_queue" not in found
        assert found["artgen_part_up"]["jobs",] == 1

    def test_it_asks_a_database_that_is_away_once(self) -> None:
        asked: list[str] = []

        def away(execute, sql, *rest):
            asked.append(sql)
            raise OperationalError("the server is away")

        with (
            connection.execute_wrapper(away),
            self.assertLogs("generation.operations.scrape", "WARNING"),
        ):
            found = self.scrape()
        assert len(asked) == 1
        down = {part for (part,), value in found["artgen_part_up"].items() if value == 0}
        parts = {"jobs", "jobs_lately", "endpoints", "lines", "promises"}
        parts |= {"credits", "budgets", "disks", "queue"}
        assert down == {"database", *parts}
        assert found["artgen_condition"]["DatabaseDown", "critical"] == 1
        assert "artgen_machine_memory_bytes" in found
        assert "artgen_jobs" not in found

    def test_it_is_nothing_for_whoever_comes_by_way_of_a_proxy(self) -> None:
        for header in ("X-Forwarded-For", "X-Real-IP"):
            assert self.client.get("/metrics", headers={header: "203.0.113.9"}).status_code == 404

    def test_it_exports_every_metric_of_rules_and_dashboard(self) -> None:
        heartbeat.beat()
        self.client.get("/api/v1/models/")
        Budget.objects.create(limit_usd=20)
        now = timezone.now()
        promised = {"promised_p50_at": now, "promised_p90_at": now}
        make_job(self.alice, status="succeeded", finished_at=now, **promised)
        there = set(self.scrape())
        for file in (RULES, DASHBOARD):
            named = set(re.findall(r"\bartgen_[a-z0-9_]+", file.read_text()))
            assert named
            assert named - there == set(), file

    def test_it_tells_of_connections_queue_and_memory(self) -> None:
        found = self.scrape()
        assert found["artgen_database_connections"][()] >= 1
        assert found["artgen_database_connections_limit"][()] == 80
        assert found["artgen_database_connections_most"][()] >= 100
        assert sum(found["artgen_program_connections"].values()) >= 1
        assert found["artgen_celery_queue"][()] >= 0
        assert found["artgen_redis_memory_bytes"][()] > 0
