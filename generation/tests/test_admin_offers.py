import json

from django.urls import reverse

from artgen.test import BaseTestCase, EmulatorTestCase
from generation.admin.offers import ImageModelForm, ReadableJSONField
from generation.models import GenerationSwitch, ImageModel, Style

LIST = "/admin/generation/imagemodel/"


class OfferTests(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)
        self.model = ImageModel.objects.get(slug="flux-schnell")
        self.comfyui = ImageModel.objects.get(slug="comfyui")

    def save(self, model: ImageModel, **changes: object) -> tuple[dict[str, list[str]], list[str]]:
        """Send the form as a browser would, changed; returns its errors and the messages."""
        form = ImageModelForm(instance=model)
        data = {name: form[name].value() for name in form.fields}
        for name in ("parameters", "price", "workflow"):
            data[name] = form.fields[name].prepare_value(getattr(model, name))
        data = {name: value for name, value in {**data, **changes}.items() if value is not None and value is not False}
        address = reverse("admin:generation_imagemodel_change", args=[model.pk])
        response = self.client.post(address, data, follow=True)
        shown = response.context.get("adminform")
        errors = {} if response.redirect_chain else dict(shown.form.errors)
        return errors, [str(message) for message in response.context["messages"]]

    def test_it_lists_models_with_their_jobs(self) -> None:
        self.place()
        self.client.get(LIST)  # loads the session into the cache
        with self.assertNumQueries(5):
            response = self.client.get(LIST)
        row = next(one for one in response.context["cl"].result_list if one.slug == "flux-schnell")
        self.assertEqual((row.jobs_waiting, row.jobs_out), (1, 0))

    def test_it_shows_parameters_one_a_line(self) -> None:
        response = self.client.get(reverse("admin:generation_imagemodel_change", args=[self.model.pk]))
        self.assertContains(response, "&quot;steps&quot;: {&quot;default&quot;: 4,")
        self.assertContains(response, "num_inference_steps")  # in the sample of what RunPod would get
        self.assertContains(self.client.get(f"{LIST}add/"), "textarea")

    def test_it_saves_unchanged_what_it_showed(self) -> None:
        before = ImageModel.objects.filter(slug="comfyui").values().get()
        self.assertEqual(self.save(self.comfyui)[0], {})
        self.assertEqual(ImageModel.objects.filter(slug="comfyui").values().get(), before)

    def test_it_saves_a_change_and_warns_of_jobs_under_way(self) -> None:
        self.place()
        errors, messages = self.save(self.model, parameters=json.dumps({**self.model.parameters, "seed": {}}))
        self.assertEqual(errors, {})
        self.assertTrue(any("1 job of this model is under way" in message for message in messages), messages)
        self.model.refresh_from_db()
        self.assertEqual(self.model.parameters["seed"], {})

    def test_it_refuses_what_could_not_be_driven(self) -> None:
        workflow = json.dumps(self.comfyui.workflow)
        parameters = self.model.parameters
        for model, changes, field, words in (
            (self.model, {"parameters": "{not json"}, "parameters", "valid JSON"),
            (self.model, {"parameters": "[1]"}, "parameters", ""),
            (self.model, {"parameters": json.dumps({**parameters, "widht": {}})}, "parameters", "widht"),
            (
                self.model,
                {"parameters": json.dumps({**parameters, "width": {"default": "x"}})},
                "parameters",
                "numbers",
            ),
            (self.model, {"parameters": json.dumps({**parameters, "width": {"min": 1}})}, "parameters", "default"),
            (self.model, {"parameters": json.dumps({**parameters, "strength": {}})}, "parameters", "cannot carry"),
            (
                self.model,
                {"parameters": json.dumps({**parameters, "width": {"default": 64, "min": 256}})},
                "parameters",
                "width",
            ),
            (self.model, {"price": '{"per_image": -1}'}, "price", "negative"),
            (self.model, {"price": '{"per_picture": 1}'}, "price", "per_picture"),
            (self.model, {"dialect": "klingon"}, "dialect", "klingon"),
            (self.model, {"max_in_flight": "0"}, "max_in_flight", "1"),
            (self.comfyui, {"workflow": ""}, "workflow", "workflow"),
            (self.comfyui, {"workflow": workflow.replace("{{seed}}", "{{sed}}")}, "workflow", "sed"),
            (self.comfyui, {"parameters": json.dumps({**parameters, "guidance": {}})}, "workflow", "guidance"),
        ):
            before = ImageModel.objects.filter(pk=model.pk).values().get()
            errors, _messages = self.save(model, **changes)
            self.assertIn(field, errors, (changes, errors))
            self.assertIn(words, str(errors[field]), changes)
            self.assertEqual(ImageModel.objects.filter(pk=model.pk).values().get(), before)

    def act(self, action: str, *models: ImageModel) -> list[str]:
        data = {"action": action, "_selected_action": [str(model.pk) for model in models]}
        response = self.client.post(LIST, data, follow=True)
        return [str(message) for message in response.context["messages"]]

    def test_it_switches_models_off_and_on(self) -> None:
        self.place()
        messages = self.act("switch_off", self.model, self.comfyui)
        self.assertEqual(
            messages, ["FLUX.1 schnell: 1 job is under way and ends as it was placed.", "1 model switched."]
        )
        self.model.refresh_from_db()
        self.assertFalse(self.model.enabled)
        self.assertEqual(self.act("switch_on", self.model), ["1 model switched."])
        self.model.refresh_from_db()
        self.assertTrue(self.model.enabled)

    def test_it_switches_nothing_on_that_could_not_draw(self) -> None:
        ImageModel.objects.filter(pk=self.comfyui.pk).update(workflow={"1": {}})
        messages = self.act("switch_on", self.comfyui)
        self.assertIn("Node 1: it has no class_type.", messages[0])
        self.comfyui.refresh_from_db()
        self.assertFalse(self.comfyui.enabled)

    def test_it_checks_a_model(self) -> None:
        self.assertEqual(self.act("try_out", self.comfyui), ["ComfyUI: a sample job can be sent."])
        ImageModel.objects.filter(pk=self.comfyui.pk).update(parameters={"width": {"min": 5}})
        self.assertIn("parameters", self.act("try_out", self.comfyui)[0])
        page = self.client.get(reverse("admin:generation_imagemodel_change", args=[self.comfyui.pk]))
        self.assertEqual(page.status_code, 200)

    def test_it_lets_only_unused_models_go(self) -> None:
        self.place()
        address = reverse("admin:generation_imagemodel_delete", args=[self.model.pk])
        self.assertEqual(self.client.post(address, {"post": "yes"}).status_code, 403)
        address = reverse("admin:generation_imagemodel_delete", args=[self.comfyui.pk])
        self.assertEqual(self.client.post(address, {"post": "yes"}).status_code, 302)
        self.assertFalse(ImageModel.objects.filter(pk=self.comfyui.pk).exists())


class JSONFieldTests(BaseTestCase):
    def test_it_keeps_what_was_typed_when_it_cannot_be_read(self) -> None:
        form = ImageModelForm(data={"parameters": "{half"})
        self.assertFalse(form.is_valid())
        self.assertEqual(form["parameters"].value(), "{half")

    def test_it_writes_letters_of_every_alphabet(self) -> None:
        self.assertEqual(ReadableJSONField().prepare_value({"имя": {"a": 1}}), '{\n  "имя": {"a": 1}\n}')


class SwitchTests(BaseTestCase):
    def test_it_has_one_switch(self) -> None:
        self.client.force_login(self.staff)
        page = "/admin/generation/generationswitch/1/change/"
        self.assertRedirects(self.client.get("/admin/generation/generationswitch/"), page)
        self.client.post(page, {"message": "back at noon"})
        switch = GenerationSwitch.objects.get()
        self.assertEqual((switch.on, switch.message), (False, "back at noon"))
        self.assertEqual(self.client.get("/admin/generation/generationswitch/add/").status_code, 403)

    def test_it_makes_no_switch_for_strangers(self) -> None:
        self.client.force_login(self.alice)
        self.client.get("/admin/generation/generationswitch/")
        self.assertFalse(GenerationSwitch.objects.exists())


class StyleTests(EmulatorTestCase):
    def test_it_refuses_a_style_without_a_prompt(self) -> None:
        self.client.force_login(self.staff)
        data = {
            "slug": "fog",
            "name_en": "Fog",
            "name_ru": "Туман",
            "template": "fog",
            "position": "1",
            "enabled": "on",
        }
        response = self.client.post("/admin/generation/style/add/", data)
        self.assertContains(response, "{prompt} is missing.")
        self.client.post("/admin/generation/style/add/", {**data, "template": "{prompt}, fog"})
        self.assertTrue(Style.objects.filter(slug="fog").exists())
        self.assertContains(self.client.get("/admin/generation/style/"), "Fog")
