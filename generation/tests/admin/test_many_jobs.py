"""The admin with very many jobs: no table is counted or read as a whole."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone

from accounts.models import User
from artgen.testing import many_images as many
from artgen.testing.cases import load_catalog, make_user
from artgen.testing.plans import reads_few
from generation.models import ImageModel, Job

COUNT = 30_000  # over two years: the last month has 1,230, the last day 41
MAX_READ = 2_000
TABLES = (
    *("generation_job", "generation_image", "generation_jobevent", "generation_publication"),
    *("generation_collection", "generation_promptreview", "accounts_creditentry"),
)
LIST = "/admin/generation/job/"
IMAGES = "/admin/generation/image/"
ENTRIES = "/admin/accounts/creditentry/"
PUBLICATIONS = "/admin/generation/publication/"
COLLECTIONS = "/admin/generation/collection/"
REVIEWS = "/admin/generation/promptreview/"
MORE_ROWS = (
    """INSERT INTO accounts_creditentry
        (id, user_id, kind, amount, balance_after, reference, reason, created_at)
    SELECT id, user_id, 'hold', -5, 10, id, '', created_at FROM generation_job""",
    """INSERT INTO generation_publication (id, image_id, slug, with_parameters, with_name, state,
        asked_at, published_at, reason)
    SELECT id, id, left(md5(id::text), 32), true, true,
        CASE WHEN seed %% 3000 = 7 THEN 'waiting' ELSE 'published' END, created_at, created_at, ''
    FROM generation_image""",
    """INSERT INTO generation_report (id, publication_id, reporter, kind, words, created_at)
    SELECT id, id, md5(id::text), 'other', '', asked_at FROM generation_publication
    WHERE state = 'published' ORDER BY id LIMIT 5""",
    """INSERT INTO generation_collection
        (id, user_id, name, folded_name, link_parameters, link_name, created_at)
    SELECT id, user_id, id::text, id::text, false, false, created_at FROM generation_job""",
    """INSERT INTO generation_promptreview (id, user_id, state, prompt, digest, requests, is_batch,
        key, matches, created_at, reason, obstacle)
    SELECT id, user_id, 'refused', prompt, md5(id::text), '[]', false, '', '[]', created_at, '', ''
    FROM generation_job""",
    f"ANALYZE {', '.join(TABLES)}, generation_report",
)
"""As many rows of each, as if every image had been published."""


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
        with connection.cursor() as cursor:
            for statement in MORE_ROWS:
                cursor.execute(statement.replace("%%", "%"))
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
            f"{IMAGES}?visibility__exact=link&period=day",
            ENTRIES,
            f"{ENTRIES}?kind__exact=grant",
            f"{ENTRIES}?q=present",
            f"{ENTRIES}?q={ids[500]}",
            f"{ENTRIES}?period=week",
            PUBLICATIONS,
            f"{PUBLICATIONS}?queue=published",
            f"{PUBLICATIONS}?queue=all",
            COLLECTIONS,
            REVIEWS,
        ):
            with self.subTest(address), reads_few(tables=TABLES, most=MAX_READ):
                assert self.client.get(address).status_code == 200
