"""A test case with a job of alice and one of bob."""

from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from generation.jobs.engine import lifecycle
from generation.models import Image
from generation.testing import orders
from generation.testing.cases import BaseTestCase, submit_only
from generation.testing.rows.api import PLACEHOLDER


class JobPagesTestCase(BaseTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.load_catalog()

    def setUp(self):
        super().setUp()
        self.client.force_login(self.alice)
        self.job = self.place(self.alice)
        self.hidden = self.place(self.bob)

    def place(self, user, **request):
        return orders.place(
            user=user, request={"model": "flux-schnell", "prompt": "a lighthouse", **request}
        ).jobs[0]

    def run_job(self, job, *, progress=None, step=None, step_count=None):
        drawn = lifecycle.JobProgress(progress=progress, step=step, step_count=step_count)
        return lifecycle.store_progress(
            [(submit_only(job), drawn)], until=timezone.now() + timedelta(hours=1)
        )[0]

    def finish(self, job, *, trashed=False):
        finished = lifecycle.Finished(
            delay_ms=None, execution_ms=4000, result=None, host="", cost=None
        )
        (job,) = lifecycle.begin_storing([(self.run_job(job), finished)])
        key = default_storage.save(f"images/{job.id}.png", ContentFile(b"png"))
        image = Image(
            user=job.user,
            job=job,
            key=key,
            thumbnail_key=key,
            placeholder=PLACEHOLDER,
            width=job.width,
            height=job.height,
            bytes=3,
            content_type="image/png",
            sha256="0" * 64,
            seed=job.seed,
            model_id=job.model_id,
            created_at=timezone.now(),
            trashed_at=timezone.now() if trashed else None,
        )
        return lifecycle.succeed(job, images=[image])
