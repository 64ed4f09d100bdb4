"""Own styles: in the composer and the API, in jobs, under rules, and after they are deleted."""

import pytest
from django.urls import reverse

from generation.jobs.inputs import payloads
from generation.jobs.placing import retries
from generation.models import Job, ModerationRule, OwnStyle, RuleAction
from generation.moderation import compiled_rules
from generation.moderation.refusals import Moderated
from generation.studio.presets import own_styles
from generation.testing import orders
from generation.testing.rows.api import ApiTestCase

TEXTS = {"name": "Print", "template": "{prompt}, print", "negative": "photo"}


class OwnStylesTestCase(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)
        self.style = own_styles.create(user=self.alice, **TEXTS)

    def place(self, **fields: str) -> Job:
        request = {"model": "flux-dev", "prompt": "A kite", "style": self.style.slug} | fields
        return orders.place(user=self.alice, request=request).jobs[0]

    def act(self, do: str, **fields: str) -> int:
        address = reverse("own_style", args=[self.style.id])
        return self.client.post(address, {"do": do} | fields).status_code


class TestOwnStyles(OwnStylesTestCase):
    def test_it_is_sent_around_the_prompt_and_after_the_negative_prompt(self):
        sent = payloads.input_of(self.place(negative_prompt="rain"), [])
        assert sent["prompt"] == "A kite, print"
        assert sent["negative_prompt"] == "rain, photo"
        assert payloads.input_of(self.place(), [])["negative_prompt"] == "photo"

    def test_it_adds_nothing_to_models_without_a_negative_prompt(self):
        sent = payloads.input_of(self.place(model="p-image"), [])
        assert "A kite, print" in sent.values()
        assert "photo" not in str(sent)

    def test_it_is_used_by_its_user_alone(self):
        body = {"model": "flux-dev", "prompt": "x", "style": self.style.slug}
        assert self.api.post("/api/v1/jobs/", body).status_code == 201
        self.assert_problem(
            self.others.post("/api/v1/jobs/", body), 400, "invalid",
            fields={"style": "does_not_exist"},
        )  # fmt: skip

    def test_it_keeps_old_jobs_right(self):
        job = self.place()
        assert self.act("change", **TEXTS | {"template": "{prompt}, other", "name": "New"}) == 302
        assert payloads.input_of(Job.objects.get(id=job.id), [])["prompt"] == "A kite, print"
        assert self.act("delete") == 302
        again = retries.retry(user=self.alice, job=job)
        assert payloads.input_of(again, [])["prompt"] == "A kite, print"
        assert own_styles.name_of(again) == "Print"
        page = self.client.get(reverse("composer"), {"job": str(job.id)})
        assert page.context["composer"].left_out == ["The style “Print” was deleted."]
        assert page.context["composer"].style == ""

    def test_it_shows_what_was_typed_with_the_errors(self):
        for fields, text in (
            ({"template": "no place"}, "Write {prompt} where your prompt belongs."),
            ({"template": "{prompt} {prompt}"}, "Write {prompt} only once."),
            ({"template": "{prompt}" + "x" * 500}, "At most 500 characters."),
            ({"negative": "a\0b"}, "unsupported characters"),
            ({"name": "PRINT"}, "You have a style with this name."),
            ({"name": "<b>x</b>" * 9}, "At most 40 characters."),
        ):
            typed = TEXTS | {"name": "Another"} | fields
            page = self.client.post(reverse("own_styles"), typed)
            self.assertContains(page, text, status_code=400)
            assert page.context["typed"] == typed
        assert OwnStyle.objects.count() == 1


class TestRules(OwnStylesTestCase):
    def setUp(self) -> None:
        super().setUp()
        ModerationRule.objects.create(pattern="weapon", action=RuleAction.REFUSE)
        compiled_rules.read()

    def test_it_is_read_by_the_rules(self):
        self.place()
        own_styles.change(self.style, **TEXTS | {"template": "{prompt} with a weapon"})
        with pytest.raises(Moderated):
            self.place()
