import json

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from generation.admin.image_models.image_model_form import ImageModelForm
from generation.jobs.engine import driver
from generation.models import TOO_DEAR, ImageModel, ProviderOutage, Status
from generation.testing.cases import EmulatorTestCase, run_messages, work

LIST = "/admin/generation/imagemodel/"
PREVIEW = f"{LIST}preview/"
JSON = ("request_format", "parameters", "expected_cost", "price", "workflow")


class TestImageModelAdmin(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)
        self.model = ImageModel.objects.get(slug="flux-schnell")
        self.comfyui = ImageModel.objects.get(slug="comfyui")

    def save(self, model: ImageModel, **changes: object) -> tuple[dict[str, list[str]], list[str]]:
        """Send the form as a browser would, changed; returns its errors and the messages."""
        address = reverse("admin:generation_imagemodel_change", args=[model.pk])
        response = self.client.post(address, self.typed(model, **changes), follow=True)
        shown = response.context.get("adminform")
        errors = {} if response.redirect_chain else dict(shown.form.errors)
        return errors, [str(message) for message in response.context["messages"]]

    def test_it_saves_unchanged_what_it_showed(self) -> None:
        before = ImageModel.objects.filter(slug="comfyui").values().get()
        assert self.save(self.comfyui)[0] == {}
        assert ImageModel.objects.filter(slug="comfyui").values().get() == before

    def test_it_saves_a_change_and_warns_of_jobs_under_way(self) -> None:
        self.place()
        errors, messages = self.save(
            self.model, parameters=json.dumps({**self.model.parameters, "seed": {}})
        )
        assert errors == {}
        assert any("1 job of this model is in progress" in message for message in messages), (
            messages
        )
        self.model.refresh_from_db()
        assert self.model.parameters["seed"] == {}

    def test_what_costs_too_much_starts_at_once_when_the_ceiling_is_raised(self) -> None:
        self.save(self.model, max_usd="0.00001")
        dear, dearer = self.place(), self.place(width=1024, height=1024)
        driver.submit("flux-schnell")
        with self.captureOnCommitCallbacks(execute=True):
            assert self.save(self.model, max_usd="0.001")[0] == {}
        run_messages()
        dear.refresh_from_db()
        dearer.refresh_from_db()
        assert (dear.status, dear.error_code) == (Status.SUBMITTED, "")
        assert (dearer.status, dearer.error_code) == (Status.QUEUED, TOO_DEAR)
        assert dearer.is_parked(now=timezone.now())

    def test_it_resumes_an_endpoint_whose_replies_could_not_be_read(self) -> None:
        self.emulator.faults.next("job", "artifacts", times=2)
        jobs = [self.place(), self.place()]
        self.tick()
        self.tick(seconds=10)
        assert ProviderOutage.objects.exists()

        entered = {**self.model.request_format, "images": "artifacts[].payload"}
        assert self.save(self.model, request_format=json.dumps(entered))[0] == {}
        self.tick()

        assert not ProviderOutage.objects.exists()
        for job in jobs:
            job.refresh_from_db()
            assert job.status == Status.SUCCEEDED

    @pytest.mark.slow
    def test_it_refuses_what_could_not_be_driven(self) -> None:
        workflow = json.dumps(self.comfyui.workflow)

        def parameters(**more: object) -> str:
            return json.dumps({**self.model.parameters, **more})

        for model, name, value, field, words in (
            (self.model, "parameters", "{not json", "", "valid JSON"),
            (self.model, "parameters", "[1]", "", ""),
            (self.model, "parameters", parameters(widht={}), "", "widht"),
            (self.model, "parameters", parameters(width={"default": "x"}), "", "numbers"),
            (self.model, "parameters", parameters(width={"min": 1}), "", "default"),
            (self.model, "parameters", parameters(strength={}), "", "not supported by dialect"),
            (self.model, "parameters", parameters(width={"default": 64, "min": 256}), "", "width"),
            (self.model, "request_format", '{"sede": "seed"}', "", "sede: unknown key"),
            (
                self.model,
                "request_format",
                '{"size": {"mode": "big"}}',
                "",
                "Possible: none, width_",
            ),
            (self.model, "request_format", '{"seed": "x", "steps": "x"}', "", "used twice"),
            (self.model, "request_format", '{"seed": {"a": 1}}', "", "parameter"),
            (self.model, "request_format", '{"images": "data[0].url"}', "", "a path"),
            (
                self.model,
                "request_format",
                '{"size": {"mode": "size"}}',
                "parameters",
                "not supported by dialect",
            ),
            (self.model, "parameters", parameters(lora_url={}), "", "not supported by dialect"),
            (self.model, "expected_cost", '{"per_image": NaN}', "", "valid JSON"),
            (self.model, "expected_cost", '{"per_image": "0,02"}', "", "0,02"),
            (self.model, "expected_cost", "0.02", "", "not an object"),
            (self.model, "price", '{"per_picture": 1}', "", "per_picture"),
            (self.model, "request_format", "[" * 100_000, "", "valid JSON"),
            (self.model, "request_format", "", "", "Enter the endpoint’s names of"),
            (self.comfyui, "request_format", '{"seed": "seed"}', "", "Only the dialect"),
            (self.model, "expected_cost", '{"per_picture": 1}', "", "per_picture"),
            (self.model, "expected_cost", '{"per_image": -1}', "", "negative"),
            (self.model, "expected_cost", "", "price", "expected cost"),
            (self.model, "price", '{"per_image": -1}', "", "negative"),
            (self.model, "dialect", "klingon", "", "klingon"),
            (self.model, "max_in_flight", "0", "", "1"),
            (self.comfyui, "workflow", "", "", "workflow"),
            (self.comfyui, "workflow", workflow.replace("{{seed}}", "{{sed}}"), "", "sed"),
            (self.comfyui, "parameters", parameters(guidance={}), "workflow", "guidance"),
        ):
            before = ImageModel.objects.filter(pk=model.pk).values().get()
            errors, _messages = self.save(model, **{name: value})
            assert words in str(errors[field or name]), (name, value, errors)
            assert ImageModel.objects.filter(pk=model.pk).values().get() == before

    def typed(self, model: ImageModel | None = None, **changes: object) -> dict[str, object]:
        """Return what a browser sends of the form."""
        form = ImageModelForm(instance=model)
        data = {name: form[name].value() for name in form.fields}
        data |= {
            name: form.fields[name].prepare_value(getattr(form.instance, name)) for name in JSON
        }
        return {
            name: value
            for name, value in {**data, **changes}.items()
            if value is not None and value is not False
        }

    def test_it_shows_the_request_with_the_values_as_typed(self) -> None:
        before = ImageModel.objects.filter(pk=self.model.pk).values().get()
        changed = json.dumps(
            {**self.model.request_format, "steps": "number_of_steps", "fixed": {"tone": "warm"}}
        )
        address, data = (
            f"{PREVIEW}?model={self.model.pk}",
            self.typed(self.model, request_format=changed),
        )
        for headers in ({}, {"X-Part": "1"}):
            shown = self.client.post(address, data, headers=headers)
            self.assertContains(shown, "&quot;number_of_steps&quot;: 4")
            self.assertContains(shown, "&quot;tone&quot;: &quot;warm&quot;")
            self.assertContains(shown, "&quot;negative_prompt&quot;: &quot;blurry&quot;")
            self.assertContains(shown, "/v2/black-forest-labs-flux-1-schnell/run")
            self.assertContains(shown, "1 credit.")
        self.assertNotContains(shown, "<html")
        assert ImageModel.objects.filter(pk=self.model.pk).values().get() == before

    def test_it_previews_what_is_then_sent(self) -> None:
        data = self.typed(self.model)
        shown = self.client.post(f"{PREVIEW}?model={self.model.pk}", data, headers={"X-Part": "1"})
        shown_body = json.loads(shown.context["body"])
        self.place(
            prompt=shown_body["input"]["prompt"],
            negative_prompt="blurry",
            width=1024,
            height=1024,
            seed=42,
        )
        work()
        (sent,) = [call.json for call in self.emulator.calls if call.call == "run"]
        webhook = shown_body.pop("webhook").replace("TOKEN", "")
        assert webhook.rstrip("/") in sent.pop("webhook")
        assert json.dumps(sent, sort_keys=True) == json.dumps(shown_body, sort_keys=True)

    def act(self, action: str, *models: ImageModel) -> list[str]:
        data = {"action": action, "_selected_action": [str(model.pk) for model in models]}
        response = self.client.post(LIST, data, follow=True)
        return [str(message) for message in response.context["messages"]]

    def test_it_switches_models_off_and_on(self) -> None:
        self.place()
        messages = self.act("switch_off", self.model, self.comfyui)
        assert messages == [
            "FLUX.1 schnell: 1 job is in progress. It keeps its settings.",
            "1 model changed.",
        ]
        self.model.refresh_from_db()
        assert not self.model.enabled
        assert self.act("switch_on", self.model) == ["1 model changed."]
        self.model.refresh_from_db()
        assert self.model.enabled
        changes = LogEntry.objects.order_by("id").values_list("change_message", flat=True)
        assert list(changes) == ["disabled", "enabled"]

    def test_it_switches_nothing_on_that_could_not_draw(self) -> None:
        ImageModel.objects.filter(pk=self.comfyui.pk).update(workflow={"1": {}})
        messages = self.act("switch_on", self.comfyui)
        assert "Node 1: class_type is missing." in messages[0]
        self.comfyui.refresh_from_db()
        assert not self.comfyui.enabled

    def test_it_lets_only_unused_models_go(self) -> None:
        self.place()
        address = reverse("admin:generation_imagemodel_delete", args=[self.model.pk])
        assert self.client.post(address, {"post": "yes"}).status_code == 403
        address = reverse("admin:generation_imagemodel_delete", args=[self.comfyui.pk])
        assert self.client.post(address, {"post": "yes"}).status_code == 302
        assert not ImageModel.objects.filter(pk=self.comfyui.pk).exists()
