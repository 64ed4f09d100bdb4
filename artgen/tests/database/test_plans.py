"""No statement reads more after years of jobs than on the first day."""

from datetime import timedelta
from itertools import chain

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tokens import tokens
from accounts.webhooks import delivery
from artgen.processes.celery import app
from artgen.redis.channel_layers import send_lost
from generation.jobs.engine import driver, storing
from generation.jobs.live import events
from generation.jobs.live.routing import websocket
from generation.models import ImageModel, Job, Status
from generation.testing import orders
from generation.testing.cases import emulated, load_catalog, make_due, make_user
from generation.testing.isolation import owned_data
from generation.testing.isolation.identities import ANONYMOUS, MANAGER, OWNER, OWNERS_TOKEN
from generation.testing.isolation.routes import site_routes
from generation.testing.isolation.suite import body_of, is_allowed, request, trials
from generation.testing.plans import Statements
from generation.testing.rows import many_images

COUNT = 100_000  # over ten years: the last month has 820
MOST = 5_000  # four months, which the costs of a month are found in
MODELS = ("flux-schnell", "qwen-image", "flux-dev")
MORE_ROWS = (
    """INSERT INTO generation_publication (id, image_id, slug, with_parameters, with_name, state,
        asked_at, published_at, reason)
    SELECT id, id, left(md5(id::text), 32), true, true,
        CASE WHEN seed % 3000 = 7 THEN 'waiting' ELSE 'published' END, created_at, created_at, ''
    FROM generation_image""",
    """INSERT INTO generation_report (id, publication_id, reporter, kind, words, created_at)
    SELECT id, id, md5(id::text), 'other', '', asked_at FROM generation_publication
    WHERE state = 'published' ORDER BY id DESC LIMIT 5""",
    """INSERT INTO generation_collection
        (id, user_id, name, folded_name, link_parameters, link_name, created_at)
    SELECT id, user_id, id::text, id::text, false, false, created_at FROM generation_job""",
    """INSERT INTO accounts_webhookaddress
        (id, user_id, url, topics, credits_below, secret, created_at)
    SELECT id, id, 'https://example.com/', 'jobs batches', 1, '', date_joined FROM accounts_user""",
    """UPDATE accounts_user SET webhook_topics = 'jobs batches'""",
    """INSERT INTO accounts_webhookmessage
        (id, address_id, type, body, created_at, due_at, attempts, delivered_at, attempt_log)
    SELECT id, user_id, 'job.succeeded', '{}', created_at, CASE WHEN seed % 20 = 7 THEN now() END, 1,
        CASE WHEN seed % 20 <> 7 THEN created_at END, '[]'
    FROM generation_job""",
)
"""As many rows of each, as if every image had been published."""


@pytest.mark.release(
    "accounts/credits/",
    "accounts/emails/",
    "accounts/migrations/",
    "accounts/models/",
    "accounts/webhooks/",
    "artgen/database/",
    "generation/admin/",
    "generation/gallery/",
    "generation/jobs/",
    "generation/migrations/",
    "generation/models/",
    "generation/operations/",
    "generation/user_data/",
    "generation/views/",
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.limit(600)
def test_it_reads_few_rows_of_every_table_that_grows() -> None:
    load_catalog()
    alice = make_user("alice@example.org")
    tables = _fill(alice)
    with Statements(tables=tables, most=MOST) as statements:
        _live(alice)
    lists, data = _admin_lists(alice), owned_data.make()
    with statements:
        _open(lists)
        _request_everything(data)
    assert not statements.problems, "\n".join(chain(*statements.problems.items()))
    assert len(statements.examined) > 200
    with Statements(tables=["generation_job"], most=MOST) as control:
        assert not Job.objects.filter(prompt="of nobody").exists()
    assert len(control.problems) == 2  # its generic plan, and what it reads


@pytest.mark.django_db
def test_it_compiles_no_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def _fill(alice: User) -> list[str]:
    """Insert finished jobs of alice and 199 others; return the tables that have grown."""
    models = [ImageModel.objects.get(slug=slug).pk for slug in MODELS]
    with connection.cursor() as cursor:
        users = [alice.pk, *many_images.copy_user(cursor, email=alice.email, count=199)]
        many_images.finish(
            cursor, users=users, models=models, count=COUNT, until=timezone.now(),
            span=timedelta(days=3650),
        )  # fmt: skip
        many_images.write_history(cursor, users=users)
        with many_images.unchecked(cursor):
            for statement in MORE_ROWS:
                cursor.execute(statement)
        # High enough that ANALYZE reads all rows: a sample would differ each time.
        cursor.execute("SET default_statistics_target = 400")
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 50000")
        return [name for (name,) in cursor.fetchall()]


def _live(alice: User) -> None:
    """Follow a job from the order to the image, and do what the clock starts."""
    with emulated() as emulator:
        request = {"model": "flux-schnell", "prompt": "a lighthouse", "width": 256, "height": 256}
        (job,) = orders.place(user=alice, request=request).jobs
        async_to_sync(_watch)(alice, tokens.issue(user=alice, name="socket"))
        for _ in range(3):
            driver.tick()
            driver.check(job.model.slug)
            storing.store_due()
            driver.submit(job.model.slug)
            emulator.advance(10)
            make_due()
        job.refresh_from_db()
        assert job.status == Status.SUCCEEDED
        app.loader.import_default_modules()
        for entry in settings.CELERY_BEAT_SCHEDULE.values():
            app.tasks[entry["task"]]()
        assert delivery.claim({})


async def _watch(alice: User, token: str) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    socket = WebsocketCommunicator(websocket, "/ws/jobs/", headers=headers)
    await socket.connect(timeout=60)
    assert (await socket.receive_json_from(timeout=60))["jobs"]
    await sync_to_async(send_lost)([events.group(alice.pk)])
    assert (await socket.receive_json_from(timeout=60))["type"] == "snapshot"
    await socket.disconnect()


def _open(lists: list[str]) -> None:
    client = Client()
    client.force_login(User.objects.get(email="root@example.org"))
    for address in lists:
        assert client.get(address).status_code == 200, address


def _admin_lists(alice: User) -> list[str]:
    """Return each list of the admin with its filters, searches and later pages.

    Some jobs have failed by then, some are stuck.
    """
    ids = list(Job.objects.order_by("-id").values_list("id", flat=True))
    Job.objects.filter(id__in=ids[:900:9]).update(status="failed", error_code="gpu_lost")
    Job.objects.filter(id__in=ids[1:60:9]).update(
        status="submitted",
        finished_at=None,
        submitted_at=timezone.now() - timedelta(minutes=5),
        due_at=timezone.now() - timedelta(minutes=4),
    )
    rare = ImageModel.objects.get(slug="qwen-image").pk
    queries = {
        "generation/job/": (
            "",
            "p=3",
            "p=3&period=all",
            "stuck=yes",
            "status__exact=active",
            "status__exact=storing",
            "status__exact=failed&period=day",
            "status__exact=canceled&period=hour",
            "error=gpu_lost&period=hour",
            f"model__id__exact={rare}",
            f"user__id__exact={alice.pk}",
            f"q={alice.email}",
            f"q={ids[500]}",
            "q=rp-29000",
            "q=axolotl",
            "trial=no",
        ),
        "generation/image/": (
            "p=20",
            f"q={alice.email}",
            f"q={ids[500]}",
            "q=axolotl",
            "visibility__exact=link&period=day",
        ),
        "accounts/creditentry/": ("kind__exact=grant", "q=present", f"q={ids[500]}", "period=week"),
        "generation/publication/": ("queue=published", "queue=all"),
    }
    return [f"/admin/{path}?{query}" for path, some in queries.items() for query in some]


def _request_everything(data: owned_data.OwnedData) -> None:
    """Send the example requests of every route, as somebody who may."""
    for trial in trials(site_routes()):
        allowed = (
            identity
            for identity in (OWNER, OWNERS_TOKEN, MANAGER, ANONYMOUS)
            if trial.method in trial.rule.methods and is_allowed(identity, trial)
        )
        if identity := next(allowed, None):
            cache.clear()
            with transaction.atomic():
                response = request(identity.client(data), data, trial)
                assert response.status_code < 500, (trial.method, trial.route.path)
                body_of(response)
                transaction.set_rollback(True)
