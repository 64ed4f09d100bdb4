"""The download of a comparison: a ZIP of its images, named after their cells, and a table."""

import csv
import io
from uuid import uuid4
from zipfile import ZipFile

from django.urls import reverse
from django.utils import timezone

from generation.files import storage
from generation.gallery import zip_slots
from generation.models import Image, Job, Sheet, Status
from generation.studio.comparisons.comparison_request import ComparisonRequest
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase
from generation.testing.rows.image_files import FILES


class TestDownload(GalleryTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.jobs = [make_job(self.alice, status=Status.SUCCEEDED) for _n in range(4)]
        self.sheet = Sheet.objects.create(
            id=uuid4(), user=self.alice, prompt="Змей {a|=b}", jobs=[str(job.id) for job in self.jobs],
            rows=[[{"by": "prompt", "value": text, "text": text}] for text in ("Красный", "=2+3")],
            columns=[[{"by": "steps", "value": steps, "text": str(steps)}] for steps in (10, 20)],
            asked=ComparisonRequest(prompt="Змей", models=("flux-dev",)).as_json(), created_at=timezone.now(),
        )  # fmt: skip
        self.address = reverse("download_sheet", args=[self.sheet.id])

    def image(self, job: Job) -> Image:
        image = make_image(self.alice, job=job)
        storage.save(image.key, FILES["PNG"], content_type="image/png")
        return image

    def zipped(self) -> ZipFile:
        response = self.client.get(self.address)
        assert "comparison.zip" in response["Content-Disposition"]
        return ZipFile(io.BytesIO(b"".join(response.streaming_content)))

    def test_it_names_images_after_their_cells_and_lists_all_cells(self) -> None:
        for job in self.jobs[:3]:
            self.image(job)
        Image.objects.filter(job=self.jobs[1]).update(favorite=True)
        Job.objects.filter(id=self.jobs[3].id).update(status=Status.FAILED, error_code="x")
        archive = self.zipped()
        names = archive.namelist()
        assert [name.partition(".")[2] for name in names[:3]] == ["png"] * 3
        assert [name[:11] for name in names[:2]] == ["1-1-красный", "1-2-красный"]
        assert names[3:] == ["parameters.json", "comparison.csv"]
        assert archive.read(names[0]) == FILES["PNG"]
        table = csv.DictReader(io.StringIO(archive.read("comparison.csv").decode("utf-8-sig")))
        lines = list(table)
        assert [line["job"] for line in lines] == self.sheet.jobs
        assert [f"{line['image']}.png" for line in lines[:3]] == names[:3]
        assert [line["status"] for line in lines] == ["succeeded"] * 3 + ["failed"]
        assert [line["favorite"] for line in lines] == ["", "yes", "", ""]
        assert lines[3]["image"] == ""
        assert lines[3]["row"].startswith("'="), "no spreadsheet runs it"

    def test_it_leaves_out_what_is_trashed_or_deleted(self) -> None:
        Image.objects.filter(id=self.image(self.jobs[0]).id).update(trashed_at=timezone.now())
        self.image(self.jobs[1])
        Job.objects.filter(id=self.jobs[2].id).delete()
        archive = self.zipped()
        assert len(archive.namelist()) == 3
        assert archive.read("comparison.csv").decode().count("\n") == 4

    def test_it_refuses_a_second_one_at_once(self) -> None:
        self.image(self.jobs[0])
        slot = zip_slots.take(self.alice)
        try:
            response = self.client.get(self.address)
        finally:
            slot.release()
        assert response.status_code == 429
        assert len(self.zipped().namelist()) == 3
