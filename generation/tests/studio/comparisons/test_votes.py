"""Votes: one for each sheet, for an image of it, and what they say about models."""

from uuid import uuid4

import pytest

from generation.models import ImageModel, Job, Sheet, SheetVote, Status
from generation.studio.comparisons import votes
from generation.studio.comparisons.votes import NoImageToVote
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase


class VoteTestCase(GalleryTestCase):
    def sheet(self, *slugs: str) -> tuple[Sheet, list[Job]]:
        """Return a sheet of alice's with an image of each model."""
        jobs = []
        for slug in slugs:
            job = make_job(self.alice, status=Status.SUCCEEDED)
            Job.objects.filter(id=job.id).update(model=ImageModel.objects.get(slug=slug))
            make_image(self.alice, job=job)
            jobs.append(job)
        sheet = Sheet.objects.create(
            id=uuid4(), user=self.alice, prompt="a", jobs=[str(job.id) for job in jobs],
            rows=[[]], columns=[[]] * len(jobs), created_at=jobs[0].created_at,
        )  # fmt: skip
        return sheet, jobs


class TestVote(VoteTestCase):
    def test_it_is_one_for_each_sheet_and_can_be_changed_and_removed(self) -> None:
        sheet, jobs = self.sheet("flux-dev", "flux-schnell")
        for job, slug in zip(jobs, ("flux-dev", "flux-schnell"), strict=True):
            votes.vote(sheet, job_id=job.id)
            stored = SheetVote.objects.get()
            assert (stored.job_id, stored.model.slug) == (job.id, slug)
            assert stored.shown == {"flux-dev": 1, "flux-schnell": 1}
        votes.withdraw(sheet)
        votes.withdraw(sheet)
        assert not SheetVote.objects.exists()

    def test_it_is_only_for_an_image_of_the_sheet(self) -> None:
        sheet, jobs = self.sheet("flux-dev", "flux-schnell")
        _other, others = self.sheet("flux-dev", "flux-schnell")
        jobs[0].images.update(trashed_at=jobs[0].created_at)
        for job_id in (others[0].id, uuid4(), jobs[0].id):
            with pytest.raises(NoImageToVote):
                votes.vote(sheet, job_id=job_id)
        assert not SheetVote.objects.exists()


class TestModelVotes(VoteTestCase):
    def test_it_compares_wins_with_appearances_and_chance(self) -> None:
        for winner in (0, 0, 1):
            sheet, jobs = self.sheet("flux-dev", "flux-schnell")
            votes.vote(sheet, job_id=jobs[winner].id)
        sheet, jobs = self.sheet("flux-dev", "qwen-image", "qwen-image", "qwen-image")
        votes.vote(sheet, job_id=jobs[1].id)
        found = {one.name: one for one in votes.of_models()}
        flux, schnell, qwen = (
            found[name] for name in ("FLUX.1 dev", "FLUX.1 schnell", "Qwen Image")
        )
        assert (flux.appearances, flux.wins, flux.share) == (4, 2, 0.5)
        assert flux.expected == pytest.approx(3 * 0.5 + 0.25)
        assert (schnell.appearances, schnell.wins) == (3, 1)
        assert (qwen.appearances, qwen.share, qwen.expected_share) == (1, 1.0, 0.75)
        assert votes.of_models()[0] == qwen

    def test_it_leaves_sheets_of_one_model_out(self) -> None:
        sheet, jobs = self.sheet("flux-dev", "flux-dev")
        votes.vote(sheet, job_id=jobs[0].id)
        assert votes.of_models() == []
