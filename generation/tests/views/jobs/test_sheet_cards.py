"""A comparison in the feed: one card, whatever the number of its cells."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from generation.jobs.placing import retries
from generation.models import Job, Sheet, Status
from generation.studio.comparisons import comparison_order
from generation.studio.comparisons.comparison_request import clean
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase
from generation.views.jobs import runs, sheet_cards

SCRIPT = {"X-Part": "1"}


class TestSheetCard(GalleryTestCase):
    def place(self, prompt: str = "A {a|b|c|d|e|f|g|h}{1|2|3|4} kite") -> Sheet:
        placed = comparison_order.place(
            user=self.alice, comparison=clean({"prompt": prompt, "models": ["flux-schnell"]})
        )
        assert placed.batch is not None
        return Sheet.objects.get(id=placed.batch)

    def finish(self, *job_ids: str) -> None:
        for job_id in job_ids:
            Job.objects.filter(id=job_id).update(
                status=Status.SUCCEEDED, due_at=None, finished_at=timezone.now()
            )
            make_image(self.alice, job=Job.objects.get(id=job_id))

    def card(self, sheet: Sheet) -> sheet_cards.SheetCard:
        run = runs.of_user(self.alice, sheet.id)
        assert run is not None
        assert run.sheet is not None
        return run.sheet

    def page(self, **query: Any) -> str:
        return self.client.get(reverse("create"), query).content.decode()

    def test_it_says_how_far_it_is_and_shows_the_first_images(self) -> None:
        sheet = self.place()
        self.finish(*sheet.jobs[:20])
        card = self.card(sheet)
        assert (card.size, card.total, card.done, card.ended) == ("8 × 4", 32, 20, 20)
        assert (card.cancelable, card.is_active, card.empty_tiles) == (12, True, 0)
        assert [str(image.job_id) for image in card.images] == sheet.jobs[:8]
        page = self.page()
        assert page.count("data-run=") == 1
        assert page.count('class="sheet-tile"') == sheet_cards.TILES
        assert "data-job=" not in page
        assert "A {a|b|c|d|e|f|g|h}{1|2|3|4} kite" in page

    def test_it_cancels_the_rest_and_shows_the_card(self) -> None:
        sheet = self.place("A {a|b|c} kite")
        self.finish(sheet.jobs[0])
        answer = self.client.post(reverse("cancel_run", args=[sheet.id]), headers=SCRIPT)
        assert "data-sheet" in answer.content.decode()
        assert "data-running" not in answer.content.decode()
        assert Job.objects.filter(status=Status.CANCELED).count() == 2

    def test_it_is_one_card_after_a_cell_was_placed_again(self) -> None:
        sheet = self.place("A {a|b|c} kite")
        between = make_job(self.alice, status=Status.FAILED)
        self.client.post(reverse("cancel_run", args=[sheet.id]))
        again = retries.retry(user=self.alice, job=Job.objects.get(id=sheet.jobs[0]))
        sheet.refresh_from_db()
        assert str(again.id) in sheet.jobs
        assert self.page().count(f'data-run="{sheet.id}"') == 1
        assert f'data-run="{sheet.id}"' not in self.page(before=str(between.id))
        assert self.card(sheet).total == 3

    def test_it_is_a_usual_run_after_the_sheet_was_deleted(self) -> None:
        sheet = self.place("A {a|b} kite")
        Sheet.objects.update(deleted_at=timezone.now())
        page = self.page()
        assert "data-sheet" not in page
        assert all(f'data-job="{job_id}"' in page for job_id in sheet.jobs)
