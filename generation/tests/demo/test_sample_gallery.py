"""`explore_samples.step`: the pictures that hang on the demo's Explore."""

import pytest
from django.urls import reverse

from generation.demo import explore_samples
from generation.gallery import trash
from generation.gallery.sharing import publications
from generation.models import (
    Image,
    Job,
    Publication,
)
from generation.testing.pages.job_pages import JobPagesTestCase

pytestmark = pytest.mark.release("generation/demo/")


class TestExhibition(JobPagesTestCase):
    def setUp(self):
        super().setUp()
        Job.objects.all().delete()
        self.nora = self.make_user("nora@example.org", name="Nora")

    def step(self):
        return explore_samples.step(owner=self.nora, staff=self.staff)

    def hang_all(self):
        """Take steps, drawing what they place, until none is left.

        Returns the number of jobs placed.
        """
        placed = 0
        while self.step():
            for job in Job.objects.of(self.nora).active().select_related("model", "user"):
                self.finish(job)
                placed += 1
        return placed

    def test_it_hangs_each_picture_once_with_its_words_and_name(self):
        assert self.hang_all() == len(explore_samples.SAMPLES)
        shown = Publication.objects.shown()
        assert {one.image.job.prompt for one in shown} == {
            sample.prompt for sample in explore_samples.SAMPLES
        }
        assert {(one.with_parameters, one.with_name, one.decided_by) for one in shown} == {
            (True, True, None)
        }
        page = self.client.get(reverse("explore"))
        self.assertContains(page, "Nora", count=len(explore_samples.SAMPLES))
        assert self.hang_all() == 0

    def test_it_brings_back_nothing_that_was_taken_down_or_thrown_away(self):
        self.hang_all()
        first, second = Image.objects.of(self.nora).order_by("id")[:2]
        publications.refuse(publications.last(first), by=self.staff, reason="no")
        trash.move_to_trash(second)
        assert self.hang_all() == 0
        assert Publication.objects.shown().count() == len(explore_samples.SAMPLES) - 2
