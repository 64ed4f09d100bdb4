"""The page of reviews, and the refusal beside the composer."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from generation.gallery.sharing import publications
from generation.jobs.placing import reviewed_orders
from generation.models import (
    Job,
    ModerationRule,
    PromptReview,
    PublicationState,
    ReviewState,
    RuleAction,
    Upload,
)
from generation.testing.rows.api import picture
from generation.testing.rows.gallery import SCRIPT, SharingTestCase

GUN = {"model": "flux-dev", "prompt": "Two guns on a table", "count": "2", "shape": "1024x1024"}


class TestReviewsPage(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.rule = ModerationRule.objects.create(pattern="gun", category="violence")
        self.jobs = Job.objects.count()

    def post(self, name, review, **options):
        return self.client.post(reverse(name, args=[review.id]), follow=True, **options)

    def test_it_says_why_and_offers_an_appeal(self):
        for headers in (None, SCRIPT):
            answer = self.client.post("/create/", GUN, headers=headers)
            review = PromptReview.objects.get()
            self.assertContains(answer, "violence (“guns”)", status_code=403)
            self.assertContains(answer, reverse("appeal_review", args=[review.id]), status_code=403)
            self.assertContains(answer, "Two guns on a table", status_code=403)
        assert Job.objects.count() == self.jobs

    def test_it_is_appealed_withdrawn_and_appealed_no_more(self):
        self.client.post("/create/", GUN)
        review = PromptReview.objects.get()
        page = self.post("appeal_review", review)
        self.assertContains(page, "We’ll email you the decision.")
        self.assertContains(page, 'data-state="waiting"')
        self.assertContains(page, "2\N{NO-BREAK SPACE}images")
        page = self.post("cancel_review", review)
        self.assertContains(page, "Request withdrawn.")
        page = self.post("appeal_review", review)
        self.assertContains(page, "Already reviewed or withdrawn.", status_code=409)

    def test_it_shows_what_was_decided(self):
        self.client.post("/create/", GUN)
        reviewed_orders.approve(PromptReview.objects.get(), by=self.staff)
        review = PromptReview.objects.get()
        page = self.client.get(reverse("reviews"))
        self.assertContains(page, f"/create/#run-{review.placed}")
        PromptReview.objects.update(state=ReviewState.REJECTED, reason="No guns <b>here</b>")
        self.assertContains(self.client.get(reverse("reviews")), "No guns &lt;b&gt;here")

    def test_it_keeps_files_that_were_sent_without_script(self):
        ModerationRule.objects.update(action=RuleAction.HOLD)
        file = SimpleUploadedFile("a.png", picture(), "image/png")
        data = {**GUN, "model": "flux-kontext", "count": "1", "upload": file}
        answer = self.client.post("/create/", data)
        assert answer.status_code == 403
        upload = Upload.objects.get()
        review = PromptReview.objects.get()
        assert review.requests[0]["source_images"] == [str(upload.id)]
        reviewed_orders.approve(review, by=self.staff)
        assert Job.objects.order_by("-id")[0].source_images == [str(upload.id)]


class TestAppealOfAnImage(SharingTestCase):
    def test_it_is_one_click(self):
        ModerationRule.objects.create(pattern="mist")
        with pytest.raises(publications.NotPublishable):
            self.ask()
        address = reverse("appeal_image", args=[self.image.id])
        self.assertContains(self.client.get(reverse("share_image", args=[self.image.id])), address)
        answer = self.client.post(address, headers=SCRIPT)
        self.assertContains(answer, "waiting for review")
        assert publications.last(self.image).state == PublicationState.WAITING
        self.assertContains(self.client.post(address, headers=SCRIPT), "Already", status_code=409)
