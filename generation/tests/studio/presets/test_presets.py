"""Presets: saving, applying as far as possible, arranging, undo, links."""

from django.test import Client
from django.urls import reverse

from accounts.limits import quotas
from generation.models import ImageModel, OwnStyle, Preset, model_cache
from generation.studio.forms import preset_values
from generation.studio.forms.composer import Composer
from generation.studio.presets import composer_choices, own_styles, presets
from generation.testing.cases import make_user
from generation.testing.rows.gallery import GalleryTestCase

FORM = {
    "model": "flux-dev",
    "prompt": "never kept",
    "style": "oil",
    "shape": "1024x1024",
    "count": "2",
    "steps": "30",
    "seed": "7",
}
SCRIPT = {"X-Part": "1"}


class PresetsTestCase(GalleryTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = reverse("presets")

    def save(self, name: str = "Evening", **fields: str) -> Preset:
        page = self.client.post(self.url, FORM | {"name": name} | fields)
        assert page.status_code == 302, page.content
        return Preset.objects.of(self.alice).get(name=name)

    def change(self, preset: Preset, do: str, **fields: str) -> None:
        address = reverse("preset", args=[preset.id])
        assert self.client.post(address, {"do": do} | fields).status_code == 302
        preset.refresh_from_db()

    def applied(self, preset: Preset, **fields: str) -> Composer:
        query = {"model": "flux-schnell", "prompt": "A kite", "preset": str(preset.id)} | fields
        page = self.client.get(reverse("composer"), query, headers=SCRIPT)
        assert page.status_code == 200
        return page.context["composer"]


class TestPresets(PresetsTestCase):
    def test_it_keeps_the_values_but_no_prompt(self):
        preset = self.save()
        assert preset.values == {
            "model": "flux-dev",
            "style": "oil",
            "shape": "1024x1024",
            "count": "2",
            "steps": "30",
            "seed": "7",
        }

    def test_it_fills_the_composer_and_leaves_the_prompt(self):
        form = self.applied(self.save())
        assert (form.model.slug, form.prompt, form.style) == ("flux-dev", "A kite", "oil")
        assert (form.size, form.steps, form.seed, form.count) == ((1024, 1024), 30, "7", 2)
        assert form.left_out == []

    def test_it_says_what_it_can_no_longer_use(self):
        preset = self.save()
        model = ImageModel.objects.get(slug="flux-dev")
        model.parameters["steps"] |= {"max": 20, "default": 10}
        model.save(update_fields=["parameters"])
        form = self.applied(preset)
        assert (form.steps, form.seed) == (10, "7")
        assert [text for text in form.left_out if text.startswith("Steps: ")] == form.left_out
        ImageModel.objects.filter(slug="flux-dev").update(enabled=False)
        model_cache.forget()
        form = self.applied(preset)
        assert form.model.slug == "flux-schnell"
        assert "“FLUX.1 dev” isn’t available" in form.left_out[0]
        Preset.objects.filter(id=preset.id).update(values=preset.values | {"model": "gone"})
        assert "“gone” isn’t available" in self.applied(preset).left_out[0]

    def test_it_respects_the_limits_of_its_user(self):
        values = self.save().values
        model = ImageModel.objects.get(slug="flux-dev")
        allowed = quotas.of(make_user("few@example.org", max_batch=1))
        found = preset_values.apply(
            values, onto=Composer(model=model), models=[model], allowed=allowed, styles=[]
        )
        assert found.count == 1
        assert len(found.left_out) == 2  # the style is not among the choices, either

    def test_it_refuses_invalid_values_names_and_doubles(self):
        self.save()
        for fields, text in (
            ({"steps": "9000"}, "Steps"),
            ({"negative_prompt": "a\0b", "name": "New"}, "Negative"),
            ({"name": "evening"}, "You have a preset with this name"),
            ({"name": " "}, "Fill in this field"),
            ({"name": "x" * 61}, "At most 60 characters"),
            ({"name": "a\u202eb"}, "unsupported"),
            ({"model": "gone"}, "Choose a model"),
        ):
            page = self.client.post(self.url, FORM | {"name": "New"} | fields, headers=SCRIPT)
            assert page.status_code == 400, fields
            assert text in page.content.decode(), fields
        assert Preset.objects.count() == 1

    def test_it_updates_reverts_renames_and_arranges(self):
        first, second = self.save("First"), self.save("Second")
        self.change(first, "update", **FORM | {"steps": "12"})
        assert first.values["steps"] == "12"
        self.change(first, "revert")
        assert first.values["steps"] == "30"
        self.change(first, "rename", name="Renamed")
        self.change(second, "up")
        assert [one.name for one in presets.of_user(self.alice)] == ["Second", "Renamed"]
        self.change(second, "down")
        assert [one.name for one in presets.of_user(self.alice)] == ["Renamed", "Second"]


class TestSharedPresets(PresetsTestCase):
    def shared(self) -> tuple[Preset, str]:
        style = own_styles.create(
            user=self.alice, name="Print", template="{prompt}, print", negative="photo"
        )
        preset = self.save(style=style.slug)
        self.change(preset, "share")
        return preset, reverse("shared_preset", args=[preset.link_slug])

    def test_it_shows_a_guest_what_it_contains_and_leads_to_the_sign_in(self):
        _preset, address = self.shared()
        guest = Client()
        page = guest.get(address)
        self.assertContains(page, "{prompt}, print")
        self.assertNotContains(page, self.alice.email)
        assert page["X-Robots-Tag"].startswith("noindex")
        assert guest.post(f"{address}save/")["Location"] == f"{reverse('login')}?next={address}"

    def test_it_says_that_its_model_cannot_be_selected(self):
        _preset, address = self.shared()
        guest = Client(headers={"Accept-Language": "en"})
        unavailable = "FLUX.1 dev (unavailable)"
        self.assertNotContains(guest.get(address), "unavailable")
        self.bob.allowed_models = "flux-schnell"
        self.bob.save(update_fields=["allowed_models"])
        limited = Client()
        limited.force_login(self.bob)
        self.assertContains(limited.get(address), unavailable)
        self.assertContains(limited.get(address), "Its model isn’t available.")
        self.assertNotContains(guest.get(address), "unavailable")
        ImageModel.objects.filter(slug="flux-dev").update(enabled=False)
        for page in (guest.get(address), self.client.get(self.url)):
            self.assertContains(page, unavailable)
        ImageModel.objects.filter(slug="flux-dev").update(slug="renamed")
        self.assertContains(guest.get(address), "flux-dev (unavailable)")

    def test_it_is_saved_once_with_its_style(self):
        preset, address = self.shared()
        self.client.force_login(self.bob)
        for _again in range(2):
            page = self.client.post(f"{address}save/")
            copy = Preset.objects.of(self.bob).get()
            self.assertRedirects(page, f"{reverse('create')}?preset={copy.id}")
        style = OwnStyle.objects.of(self.bob).get()
        assert (style.name, style.template, style.negative) == ("Print", "{prompt}, print", "photo")
        assert copy.values == preset.values | {"style": style.slug}
        assert copy.link_slug is None

    def test_it_ends_with_its_link_and_with_itself(self):
        preset, address = self.shared()
        self.change(preset, "delete")
        assert self.client.get(address).status_code == 404
        self.change(preset, "restore")
        assert self.client.get(address).status_code == 200
        self.change(preset, "stop_sharing")
        assert self.client.get(address).status_code == 404
        self.change(preset, "share")
        assert reverse("shared_preset", args=[preset.link_slug]) != address

    def test_it_shows_no_key_of_a_lora(self):
        preset = presets.create(
            user=self.alice,
            name="LoRA",
            values={"model": "flux-dev", "lora_url": "https://example.org/a.safetensors?key=1"},
        )
        found = presets.find(presets.share(preset).link_slug or "")
        assert found
        assert found.values["lora_url"] == "https://example.org/a.safetensors"


class TestFavoriteModels(PresetsTestCase):
    def models(self) -> list[str]:
        page = self.client.get(reverse("create"), {"plain": ""})
        return [option.model.slug for option in page.context["options"]]

    def test_it_is_first_in_the_list_of_its_user(self):
        before = self.models()
        last = before[-1]
        for _again in range(2):
            self.client.post(reverse("favorite_model"), {"model": last, "favorite": "1"})
        assert self.models() == [last, *before[:-1]]
        self.client.force_login(self.bob)
        assert self.models() == before
        assert composer_choices.of_user(self.bob).favorite_models == frozenset()
        self.client.force_login(self.alice)
        self.client.post(reverse("favorite_model"), {"model": last, "favorite": "0"})
        assert self.models() == before
