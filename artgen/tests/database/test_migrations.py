"""The migrations make the tables that the models describe, while the version before serves."""

import os
import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.contrib.admin.models import CHANGE
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import TestCase
from django.utils import timezone

from accounts.models import AuditEntry
from generation.models import Endpoint, Image, Job, Publication, Sheet

BEFORE = [("accounts", "0002_postgresql"), ("generation", "0002_postgresql")]
"""The last migrations of the version from which 0.1.0 is reached."""
COUNT = 1200  # images, three batches
TABLES = ["accounts_user", "generation_job", "generation_image", "generation_publication"]
WORKS_ON_ROWS = re.compile(rf'(UPDATE|INTO|INDEX .*? ON) "?({"|".join(TABLES)})\b')
THUMBHASH = "1QcSHQRnh493V4dIh4eXh1h4kJUI"
PROMPT = "a lighthouse at dusk"


class TestMigrations(TestCase):
    def test_it_finds_no_missing_migration(self):
        try:
            call_command("makemigrations", check=True, dry_run=True, verbosity=0)
        except SystemExit:
            pytest.fail("a model has changed: run `manage.py makemigrations`")


@pytest.fixture(scope="module")
def blocked(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[str]]:
    """Connect Django to a database of the version before, with rows, which is then migrated.

    Yields the statements of the migrations that another connection could not read and write before.
    """
    address = urlsplit(os.environ["DATABASE_URL"])
    of_tests = connection.settings_dict["NAME"]
    name = f"{of_tests}_before"
    with django_db_blocker.unblock(), psycopg.connect(address.geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        connection.close()
        connection.settings_dict["NAME"] = name
        try:
            for app, last in BEFORE:
                call_command("migrate", app, last, verbosity=0)
            fill(MigrationLoader(connection).project_state(BEFORE).apps.get_model)
            yield migrate(address._replace(path=f"/{name}").geturl())
        finally:
            connection.close()
            connection.settings_dict["NAME"] = of_tests
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def migrate(database_url: str) -> list[str]:
    """Migrate, and return before which statements the rows could not be read and written."""
    blocked: list[str] = []

    def use_tables(execute: Any, sql: str, *rest: Any) -> Any:
        if WORKS_ON_ROWS.search(sql):
            try:
                for table, order in product(TABLES, ("ASC", "DESC")):
                    other.execute(
                        f"UPDATE {table} SET id = id WHERE id = "
                        f"(SELECT id FROM {table} ORDER BY id {order} LIMIT 1)"
                    )
            except psycopg.errors.LockNotAvailable:
                blocked.append(sql)
        return execute(sql, *rest)

    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SET lock_timeout = '1s'")
        with connection.execute_wrapper(use_tables):
            call_command("migrate", verbosity=0)
    return blocked


def fill(model: Callable[[str, str], Any]) -> None:
    """Insert a user with images, one published, and a comparison that was drawn."""
    now = timezone.now()
    user = model("accounts", "User").objects.create(email="alice@example.org")
    painter = model("generation", "ImageModel").objects.create(slug="flux", endpoint_id="flux")
    job, _at_provider = (
        model("generation", "Job").objects.create(
            user=user,
            model=painter,
            prompt=PROMPT,
            width=64,
            height=64,
            seed=1,
            credits=1,
            status=status,
            created_at=now,
            due_at=due_at,
            finished_at=None if due_at else now,
            runpod_id=f"rp-{status}",
            snapshot={"endpoint_id": "flux"},
        )
        for status, due_at in (("succeeded", None), ("submitted", now))
    )
    model("admin", "LogEntry").objects.create(
        user=user,
        content_type=model("contenttypes", "ContentType").objects.get(model="job"),
        object_id=str(job.pk),
        object_repr=f"{PROMPT} (Failed)",
        action_flag=CHANGE,
        change_message="canceled",
    )
    images = model("generation", "Image").objects
    images.bulk_create(
        images.model(
            user=user,
            job=job,
            position=position,
            key="images/1.png",
            thumbnail_key="thumbnails/1.webp",
            placeholder=THUMBHASH,
            width=64,
            height=64,
            bytes=1,
            seed=1,
            created_at=now,
        )
        for position in range(COUNT)
    )
    model("generation", "Publication").objects.create(
        image=images.first(),
        slug="lighthouse",
        with_parameters=True,
        state="published",
        asked_at=now,
        published_at=now,
    )
    sheet = model("generation", "Sheet").objects.create(id=uuid4(), user=user, created_at=now)
    model("generation", "SheetImage").objects.create(
        sheet=sheet, user=user, created_at=now, due_at=now
    )


def count_drawn() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM generation_sheetimage")
        (count,) = cursor.fetchone()
    return int(count)


@pytest.mark.release("accounts/migrations/", "generation/migrations/", "artgen/database/")
class TestUpgrade:
    def test_it_holds_no_lock_while_it_works_on_rows(self, blocked: list[str]) -> None:
        assert blocked == []
        assert Image.objects.filter(placeholder__startswith="data:image/webp;").count() == COUNT
        assert Publication.objects.extra(where=["words @@ 'dusk'"]).count() == 1

    def test_it_removes_prompts_from_the_audit_log(self, blocked: list[str]) -> None:
        entry = AuditEntry.objects.get()
        assert (entry.object_repr, entry.change_message) == (entry.object_id, "canceled")

    def test_it_gives_models_and_jobs_at_a_provider_their_endpoint(
        self, blocked: list[str]
    ) -> None:
        endpoint = Endpoint.objects.get()
        assert (endpoint.model.slug, endpoint.place) == ("flux", ("runpod", "flux"))
        states = Job.objects.values_list("status", "endpoint")
        assert set(states) == {("succeeded", None), ("submitted", endpoint.pk)}

    def test_it_keeps_the_tables_of_the_version_before(self, blocked: list[str]) -> None:
        assert count_drawn() == 1
        Sheet.objects.get().delete()
        assert count_drawn() == 0

    def test_it_builds_an_index_again_that_an_interruption_left_invalid(
        self, blocked: list[str]
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'job_draft'::regclass"
            )
            for target, options in (("0015", {"fake": True}), ("0016", {})):
                call_command("migrate", "generation", target, verbosity=0, **options)
            cursor.execute(
                "SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid IN "
                "('job_draft'::regclass, 'job_labeled'::regclass, 'publication_words'::regclass)"
            )
            assert cursor.fetchone() == (True,)
