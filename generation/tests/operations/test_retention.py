"""How long rows are kept: what the cleanup deletes, and that the document says so for each table."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone, translation

from accounts.credits import holds, ledger_check, statement
from accounts.models import ApiToken, CreditEntry
from accounts.tokens import tokens
from generation.files import storage, uploads
from generation.models import Image, Job, JobEvent, Status, Upload
from generation.operations import cleanup, retention
from generation.testing.cases import BaseTestCase, hold
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.image_files import png

DOCUMENTS = Path(settings.BASE_DIR) / "deploy" / "docs"
ROW = re.compile(r"^\| (`[^|]+`) \| ([^|]+) \|", re.MULTILINE)


class RetentionTestCase(BaseTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.load_catalog()

    def ended(self, status, *, days, **fields):
        """Return a job that ended that many days ago, with two lines of history."""
        at = timezone.now() - timedelta(days=days)
        failed = {"error_code": "timeout"} if status == Status.FAILED else {}
        job = make_job(self.alice, status=status, created_at=at, **failed | fields)
        Job.objects.filter(id=job.id).update(finished_at=at)
        for name in ("placed", "ended"):
            JobEvent.objects.create(job=job, at=at, name=name, status=status, attempt=1)
        return job


class TestOldJobs(RetentionTestCase):
    def test_it_deletes_canceled_and_failed_jobs_without_images(self):
        for status in (Status.CANCELED, Status.FAILED):
            self.ended(status, days=91)
        kept = [
            self.ended(Status.CANCELED, days=89),
            self.ended(Status.SUCCEEDED, days=91),
            self.ended(Status.CANCELED, days=91, stop_pending=True),
            make_job(self.alice, created_at=timezone.now() - timedelta(days=91)),
        ]
        with_image = self.ended(Status.FAILED, days=91)
        make_image(self.alice, job=with_image)
        cleanup.clean_up()
        assert set(Job.objects.all()) == {*kept, with_image}
        assert Image.objects.count() == 1

    def test_it_deletes_the_history_of_old_jobs_and_no_other(self):
        old = self.ended(Status.SUCCEEDED, days=91)
        young = self.ended(Status.SUCCEEDED, days=89)
        active = make_job(self.alice)
        at = timezone.now() - timedelta(days=200)
        JobEvent.objects.create(job=active, at=at, name="placed", status="queued", attempt=1)
        cleanup.clean_up()
        assert (old.events.count(), young.events.count(), active.events.count()) == (0, 2, 1)
        assert Job.objects.filter(id=old.id).exists()

    def test_it_works_in_batches(self):
        for _ in range(5):
            self.ended(Status.CANCELED, days=91)
            self.ended(Status.SUCCEEDED, days=91)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(retention, "JOBS_AT_ONCE", 2)
            patch.setattr(retention, "EVENTS_AT_ONCE", 3)
            cleanup.clean_up()
        assert Job.objects.count() == 5
        assert not JobEvent.objects.exists()

    def test_it_leaves_a_whole_ledger_that_says_what_each_entry_was_for(self):
        job = self.ended(Status.CANCELED, days=91, prompt="Tea hills in fog")
        hold(user=self.alice, amount=3, reference=job.id, reason=job.prompt)
        holds.release(reference=job.id, reason="canceled")
        entries = list(CreditEntry.objects.of(self.alice).values())
        cleanup.clean_up()
        assert not Job.objects.exists()
        assert list(CreditEntry.objects.of(self.alice).values()) == entries
        assert ledger_check.check() == []
        with translation.override("en"):
            line, *_ = statement.lines(statement.beginnings(self.alice))
        assert (line.title, line.why, line.url) == ("Tea hills in fog", "Canceled.", "")
        self.client.force_login(self.alice)
        self.assertContains(self.client.get("/account/"), "Tea hills in fog", count=1)

    def test_it_deletes_tokens_that_were_revoked_long_ago(self):
        for name, days in (("old", 91), ("young", 89)):
            tokens.issue(user=self.alice, name=name)
            tokens.revoke(user=self.alice, name=name)
            revoked_at = timezone.now() - timedelta(days=days)
            ApiToken.objects.filter(name=name).update(revoked_at=revoked_at)
        tokens.issue(user=self.alice, name="active")
        cleanup.clean_up()
        assert set(ApiToken.objects.values_list("name", flat=True)) == {"young", "active"}


class TestUnusedUploads(RetentionTestCase):
    def upload(self, *, hours):
        upload = uploads.keep(user=self.alice, data=png())
        at = timezone.now() - timedelta(hours=hours)
        Upload.objects.filter(id=upload.id).update(created_at=at)
        return upload

    def test_it_deletes_uploads_that_no_job_has_used_for_a_day(self):
        unused, young, used = (self.upload(hours=hours) for hours in (24.1, 23.9, 24.1))
        job = make_job(self.alice, source_images=[str(used.id)])
        cleanup.clean_up()
        assert set(Upload.objects.all()) == {young, used}
        with pytest.raises(FileNotFoundError):
            storage.read(unused.key)
        assert storage.read(used.key)
        job.delete()
        cleanup.clean_up()
        assert set(Upload.objects.all()) == {young}

    def test_it_continues_after_the_bucket_has_failed(self):
        upload = self.upload(hours=25)
        path = Path(settings.MEDIA_ROOT) / upload.key
        path.unlink()
        path.mkdir()
        (path / "in the way").touch()
        with self.assertLogs("generation.operations.cleanup", "ERROR"):
            cleanup.clean_up()
        upload.refresh_from_db()
        assert upload.expired_at is not None
        (path / "in the way").unlink()
        path.rmdir()
        cleanup.clean_up()
        assert not Upload.objects.exists()

    def test_it_works_in_batches(self):
        used = [self.upload(hours=25) for _ in range(3)]
        make_job(self.alice, source_images=[str(upload.id) for upload in used])
        for _ in range(4):
            self.upload(hours=25)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(retention, "UPLOADS_AT_ONCE", 2)
            cleanup.clean_up()
        assert set(Upload.objects.all()) == set(used)


def tables_of(page):
    """Return the names of tables in the rows of the page."""
    text = (DOCUMENTS / page).read_text(encoding="utf-8")
    return [name for row in ROW.finditer(text) for name in re.findall(r"`(\w+)`", row[1])]


@pytest.mark.parametrize("page", ["data.md", "data.ru.md"])
def test_its_page_names_each_table_once(page):
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert sorted(tables_of(page)) == sorted(tables | {"django_migrations"})
