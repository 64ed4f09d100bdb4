"""The sheet as one image: its size, its labels, what it says of itself."""

import io
import json
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone, translation
from PIL import Image as Pillow

from artgen.testing.api import make_image, make_job
from artgen.testing.cases import BaseTestCase
from artgen.testing.image_files import FILES
from generation.files import metadata, storage
from generation.models import Sheet, SheetVote, Status
from generation.sheets import cells, drawing
from generation.sheets.request import Asked


class TestSheetImage(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def sheet(self, *, rows: int, columns: int, prompt: str = "A {red|blue} kite") -> Sheet:
        jobs = [
            make_job(self.alice, status=Status.SUCCEEDED, width=1024, height=1024)
            for _n in range(rows * columns)
        ]
        for job in jobs[1:]:
            image = make_image(self.alice, job=job)
            storage.save(image.thumbnail_key, FILES["WEBP"], content_type="image/webp")
        return Sheet.objects.create(
            id=uuid4(), user=self.alice, prompt=prompt, jobs=[str(job.id) for job in jobs],
            rows=[[{"by": "prompt", "value": "ключ", "text": "Красный змей " * 20}]] * rows,
            columns=[[{"by": "steps", "value": 20, "text": "20"}]] * columns,
            asked=Asked(prompt=prompt, models=("flux-dev",)).as_json(),
            created_at=timezone.now() - timedelta(days=1),
        )  # fmt: skip

    def drawn(self, sheet: Sheet, kind: str = "jpeg") -> Pillow.Image:
        image = Pillow.open(io.BytesIO(drawing.drawn(cells.filled(sheet), kind=kind)))
        image.load()
        return image

    def test_it_has_a_cell_for_each_job_and_says_what_was_asked(self) -> None:
        sheet = self.sheet(rows=2, columns=2)
        SheetVote.objects.create(
            sheet=sheet, user=self.alice, job_id=sheet.jobs[1],
            model_id=cells.filled(sheet).jobs[1].model_id, at=timezone.now(),
        )  # fmt: skip
        for kind in ("jpeg", "png"):
            with translation.override("ru" if kind == "png" else "en"):
                data = drawing.drawn(cells.filled(sheet), kind=kind)
            image = Pillow.open(io.BytesIO(data))
            assert image.format == kind.upper()
            assert metadata.source_type_of(data) == metadata.TRAINED
            packet = metadata.packet_of(data).decode()
            assert "A {red|blue} kite" in packet
            assert "source_images" not in packet
        assert json.loads(image.text["parameters"])["prompt"] == "A {red|blue} kite"

    def test_it_stays_within_its_bounds(self) -> None:
        for rows, columns in ((1, 64), (64, 1), (8, 8)):
            image = self.drawn(self.sheet(rows=rows, columns=columns, prompt="x" * 2000))
            assert image.width * image.height < 20_000_000
            assert max(image.size) < 65_000

    def test_it_shows_cells_without_a_file(self) -> None:
        sheet = self.sheet(rows=1, columns=3)
        found = cells.filled(sheet)
        storage.delete(found.jobs[1].images.all()[0].thumbnail_key)
        found.jobs[2].delete()
        assert self.drawn(sheet).width > 0

    def test_it_is_named_after_the_prompt(self) -> None:
        sheet = Sheet(prompt="A {red|blue} kite")
        assert drawing.filename(sheet, kind="jpeg") == "a-redblue-kite-comparison.jpg"
