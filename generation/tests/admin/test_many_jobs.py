"""The admin with very many jobs: no table is counted or read as a whole."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone

from accounts.models import User
from artgen.testing import many_images as many
from artgen.testing.cases import load_catalog, make_user
from artgen.testing.large_gallery import watched
from artgen.testing.plans import scans
from generation.models import ImageModel, Job

COUNT = 30_000  # over two years: the last month has 1,230, the last day 41
MAX_READ = 2_000
TABLES = ("generation_job", "generation_image", "generation_jobevent")
LIST = "/admin/generation/job/"
IMAGES = "/admin/generation/image/"


@pytest.mark.postgres
class TestManyJobs(TransactionTestCase):
    def setUp(self) -> None:
        load_catalog()
        self.alice = make_user("many@example.org")
        models = [
            ImageModel.objects.get(slug=slug).id
            for slug in ("flux-schnell", "qwen-image", "flux-dev")
        ]
        many.hang(user=self.alice, models=models, count=COUNT, until=timezone.now())
        failed = list(Job.objects.order_by("-id").values_list("id", flat=True)[:900:9])
        Job.objects.filter(id__in=failed).update(status="failed", error_code="gpu_lost")
        stuck = list(Job.objects.order_by("-id").values_list("id", flat=True)[1:60:9])
        Job.objects.filter(id__in=stuck).update(
            status="submitted",
            finished_at=None,
            submitted_at=timezone.now() - timedelta(minutes=5),
            due_at=timezone.now() - timedelta(minutes=4),
        )
        many.settle()
        staff: User = make_user("staff@example.org", is_staff=True, is_superuser=True)
        self.client = Client()
        self.client.force_login(staff)

    def test_it_reads_few_jobs_through_indexes(self) -> None:
        ids = list(Job.objects.order_by("-id").values_list("id", flat=True))
        model = ImageModel.objects.get(slug="qwen-image")  # of every thousandth job
        for address in (
            "/admin/",
            LIST,
            f"{LIST}?before={ids[900]}",
            f"{LIST}?before={ids[COUNT * 9 // 10]}&period=all",
            f"{LIST}?after={ids[900]}",
            f"{LIST}?stuck=yes",
            f"{LIST}?status__exact=active",
            f"{LIST}?status__exact=storing",
            f"{LIST}?status__exact=failed&period=day",
            f"{LIST}?status__exact=canceled&period=hour",
            f"{LIST}?error=gpu_lost&period=hour",
            f"{LIST}?model__id__exact={model.id}",
            f"{LIST}?user__id__exact={self.alice.id}",
            f"{LIST}?q=many@example",
            f"{LIST}?q={ids[500]}",
            f"{LIST}?q=rp-{self.alice.id}-29000",
            f"{LIST}?q=axolotl",
            f"{LIST}?trial=no",
            f"{LIST}{ids[500]}/change/",
            IMAGES,
            f"{IMAGES}?p=20",
            f"{IMAGES}?q=many@example",
            f"{IMAGES}?q={ids[500]}",
            f"{IMAGES}?q=axolotl",
        ):
            with self.subTest(address):
                queries: list[tuple[str, Any]] = []

                def note(
                    sql: str, params: Any, send: Callable[[], Any], queries: Any = queries
                ) -> Any:
                    queries.append((sql, params))
                    return send()

                with watched(note):
                    assert self.client.get(address).status_code == 200
                for sql, params in queries:
                    if any(table in sql for table in TABLES):
                        self.check(sql, params)

    def check(self, sql: str, params: Any) -> None:
        """Fail if the query reads a table as a whole, or many of its rows."""
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
            found = cursor.fetchone()[0]
        plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        for scan in scans(plan):
            if scan["Relation Name"] in TABLES:
                read = (scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * scan[
                    "Actual Loops"
                ]
                described = f"{scan['Node Type']} reads {read} of {scan['Relation Name']}: {sql}"
                assert scan["Node Type"] != "Seq Scan" or read == 0, described
                assert read <= MAX_READ, described
