"""What orders refuse: limits of a day and of storage, and uploads that are being deleted."""

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connections, transaction
from django.test import TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.limits.period_limits import PeriodLimitReached
from accounts.models import User
from accounts.user_data import deletion
from generation.catalog.offers import InvalidParameters
from generation.files import uploads
from generation.files.storage_limits import StorageFull
from generation.jobs.engine import job_control
from generation.jobs.placing import retries
from generation.models import Job, Status, Upload
from generation.operations import retention
from generation.testing import orders
from generation.testing.cases import BaseTestCase, load_catalog, make_user
from generation.testing.rows.api import ApiTestCase, make_image
from generation.testing.rows.image_files import png
from generation.testing.threads import until_another_waits
from generation.user_data import erasure

REQUEST = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
EDIT = {"model": "flux-kontext", "prompt": "fog"}


class TestOrders(BaseTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.load_catalog()

    def place(self, **request):
        return orders.place(user=self.alice, request=REQUEST | request).jobs[0]

    @override_settings(MAX_JOBS_PER_DAY=2)
    def test_it_counts_deleted_and_canceled_jobs(self):
        job_control.cancel(job=self.place(), actor=self.alice)
        self.place()
        Job.objects.all().delete()
        with pytest.raises(PeriodLimitReached):
            self.place()
        assert not Job.objects.exists()

    @override_settings(MAX_JOBS_PER_DAY=1)
    def test_it_lets_staff_retry_for_the_owner(self):
        job = self.place()
        job_control.cancel(job=job, actor=self.alice)
        assert retries.retry_for_owner(job=job, actor=self.staff).created
        with pytest.raises(PeriodLimitReached):
            retries.retry(user=self.alice, job=job)

    @override_settings(MAX_CANCELS_PER_DAY=1)
    def test_it_limits_the_owner_s_cancellations_and_nobody_else_s(self):
        jobs = [self.place() for _ in range(4)]
        job_control.cancel(job=jobs[0], actor=self.alice)
        with pytest.raises(PeriodLimitReached):
            job_control.cancel(job=jobs[1], actor=self.alice)
        jobs[1].refresh_from_db()
        assert jobs[1].status == Status.QUEUED
        assert jobs[1].events.count() == 1
        job_control.cancel(job=jobs[1], actor=self.staff)
        job_control.cancel(job=jobs[2], actor=None)
        erasure.close(user=self.alice, actor=self.alice, after=deletion.GRACE)
        jobs[3].refresh_from_db()
        assert jobs[3].status == Status.CANCELED

    def test_it_refuses_more_images_than_a_user_may_store(self):
        image = make_image(self.alice)
        for limit, is_refused in ((image.bytes, True), (image.bytes + 1, False), (None, False)):
            with override_settings(MAX_IMAGE_BYTES_PER_USER=limit):
                if is_refused:
                    with pytest.raises(StorageFull):
                        self.place()
                else:
                    self.place()
        User.objects.filter(pk=self.alice.pk).update(max_image_bytes=0)
        with pytest.raises(StorageFull):
            self.place()
        assert self.alice.jobs.filter(status=Status.QUEUED).count() == 2

    def test_it_refuses_an_upload_that_has_expired(self):
        upload = uploads.keep(user=self.alice, data=png())
        Upload.objects.update(expired_at=timezone.now())
        with pytest.raises(InvalidParameters):
            self.place(**EDIT, width=None, height=None, source_images=[str(upload.id)])
        assert not Job.objects.exists()


class TestPages(ApiTestCase):
    @override_settings(MAX_JOBS_PER_DAY=1, MAX_CANCELS_PER_DAY=1)
    def test_it_says_when_a_limit_resets(self):
        job = self.api.post("/api/v1/jobs/", REQUEST).json()
        User.objects.filter(pk=self.alice.pk).update(cancels_today=1)
        response = self.api.post("/api/v1/jobs/", REQUEST)
        document = self.assert_problem(response, 429, "daily_limit")
        assert document["limit"] == 1
        assert "The limit of images a day is reached: 1. It resets at" in document["detail"]
        assert int(response["Retry-After"]) > 0
        refused = self.api.post(f"/api/v1/jobs/{job['id']}/cancel/")
        self.assert_problem(refused, 429, "daily_limit")
        self.client.force_login(self.alice)
        url = reverse("cancel_job", args=[job["id"]])
        page = self.client.post(url, headers={"X-Part": "1"})
        self.assertContains(page, "cancellations a day is reached", status_code=429)
        came_from = {"referer": f"http://testserver{reverse('create')}"}
        page = self.client.post(url, follow=True, headers=came_from)
        self.assertContains(page, "cancellations a day is reached")
        assert self.api.get(f"/api/v1/jobs/{job['id']}/").json()["status"] == "queued"


class TestCleanupBesideOrders(TransactionTestCase):
    """A job that is placed while the cleanup deletes its upload: one of them waits."""

    def setUp(self):
        cache.clear()
        load_catalog()
        self.alice = make_user("alice@example.org")
        self.upload = uploads.keep(user=self.alice, data=png((256, 256)))
        self.request = {**EDIT, "source_images": [str(self.upload.id)]}

    def clean_up(self):
        try:
            retention.delete_uploads(created_before=timezone.now() + timedelta(hours=1))
        finally:
            connections.close_all()

    def test_it_keeps_the_upload_of_a_job_that_is_being_placed(self):
        cleaner = threading.Thread(target=self.clean_up)
        with transaction.atomic():
            orders.place(user=self.alice, request=self.request)
            cleaner.start()
            until_another_waits(cleaner)
        cleaner.join()
        assert Upload.objects.get().expired_at is None
        assert Job.objects.get().source_images == [str(self.upload.id)]

    def test_it_places_no_job_with_an_upload_that_is_being_deleted(self):
        outcome = []

        def place():
            try:
                orders.place(user=self.alice, request=self.request)
            except InvalidParameters as refused:
                outcome.append([error.code for error in refused.errors])
            finally:
                connections.close_all()

        placing = threading.Thread(target=place)
        with transaction.atomic():
            Upload.objects.select_for_update().get()
            placing.start()
            until_another_waits(placing)
            Upload.objects.update(expired_at=timezone.now())
        placing.join()
        assert outcome == [["does_not_exist"]]
        assert not Job.objects.exists()
        self.alice.refresh_from_db()
        assert self.alice.held == 0
