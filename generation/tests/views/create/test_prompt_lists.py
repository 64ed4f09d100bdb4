"""A list of prompts on Create: one order with a run for each line."""

from django.test import override_settings
from django.urls import reverse

from accounts.models import User
from generation.jobs.placing import reviewed_orders
from generation.models import Job, ModerationRule, PromptReview, RuleAction, Status
from generation.testing.pages.html import flat
from generation.testing.rows.gallery import GalleryTestCase

SCRIPT = {"X-Part": "1"}
FORM = {"model": "flux-schnell", "shape": "1024x1024", "count": "2", "lines": "1", "key": "one"}
LIST = "a kite\r\n\r\n  a boat \r\na lamp"


class TestPromptLists(GalleryTestCase):
    def place(self, prompt=LIST, **fields):
        form = FORM | {"prompt": prompt} | fields
        return self.client.post(reverse("create"), form, headers=SCRIPT)

    def quote(self, **fields):
        return flat(self.client.get(reverse("quote"), FORM | fields))

    def prompts(self):
        jobs = Job.objects.filter(status=Status.QUEUED).order_by("id")
        return [(job.prompt, job.seed) for job in jobs]

    def test_the_button_says_the_price_of_all(self):
        button = self.quote(lines="3")
        assert "Create 3 × 2" in button
        assert "6\N{NO-BREAK SPACE}credits" in button
        assert "draft-button" not in self.quote(lines="3", model="flux-dev")

    def test_each_line_is_a_run_of_its_own(self):
        answer = flat(self.place(seed="5"))
        assert answer.count("data-run=") == 3
        assert answer.index("a lamp") < answer.index("a kite")
        self.place(seed="5")  # its answer was lost
        assert self.prompts() == [
            ("a kite", 5), ("a kite", 6), ("a boat", 5), ("a boat", 6), ("a lamp", 5), ("a lamp", 6),
        ]  # fmt: skip
        batches = Job.objects.order_by("id").values_list("batch", flat=True)
        assert len(set(batches)) == 3
        assert len(set(batches[:2])) == 1

    def test_it_places_all_or_nothing(self):
        User.objects.filter(pk=self.alice.pk).update(credits=5)
        assert self.place().status_code == 402
        assert self.place("a kite\na boat\n" + "x" * 2001).status_code == 400
        assert not Job.objects.exists()

    @override_settings(MAX_WAITING_PER_USER=5)
    def test_it_says_before_that_the_queue_has_no_room(self):
        assert "The limit is 5." in self.quote(lines="3")
        assert "The limit is 5." not in self.quote(lines="2")
        assert self.place().status_code == 429

    def test_it_says_before_that_the_list_is_too_long(self):
        text = "A list of prompts can have up to 64 images. This one has 66."
        assert text in self.quote(lines="33")
        assert self.quote(lines="9" * 12)
        assert self.place("\n".join(map(str, range(33)))).status_code == 400
        assert not Job.objects.exists()

    def test_a_stopped_prompt_is_named_and_alone_stored(self):
        ModerationRule.objects.create(pattern="boat", category="violence", action=RuleAction.HOLD)
        answer = self.place()
        assert answer.status_code == 403
        assert "Nothing of the list was created because of “a boat”." in flat(answer)
        assert not Job.objects.exists()
        review = PromptReview.objects.get()
        assert [request["prompt"] for request in review.requests] == ["a boat", "a boat"]
        reviewed_orders.approve(review, by=self.staff)
        assert {prompt for prompt, _seed in self.prompts()} == {"a boat"}
        assert self.place().status_code == 201
        assert len(self.prompts()) == 8
