"""The Compare page: what it chooses and how it refuses."""

import re
from decimal import Decimal

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from generation.jobs.budgets import budget_changes
from generation.models import Budget, ImageModel, Period, Style, Upload
from generation.studio.comparisons import comparison_order, word_lists
from generation.studio.comparisons.comparison_request import Axis, ComparisonRequest
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image
from generation.testing.rows.gallery import GalleryTestCase
from generation.testing.rows.image_files import png


class TestComparePage(GalleryTestCase):
    def chosen(self, **query: str) -> list[ImageModel]:
        """Return the models that the page chooses."""
        page = self.client.get(reverse("compare"), query)
        slugs = [one.model.slug for one in page.context["options"] if one.chosen]
        return list(ImageModel.objects.filter(slug__in=slugs))

    def test_it_chooses_models_for_a_source_image(self) -> None:
        image = make_image(self.alice)
        for found, needs_source in (
            (self.chosen(), False),
            (self.chosen(source=str(image.pk)), True),
        ):
            assert len(found) > 1
            for model in found:
                assert model.max_source_images if needs_source else not model.min_source_images

    def test_files_become_source_images_without_script(self) -> None:
        form = {"prompt": "A kite", "models": ["flux-kontext", "qwen-image-edit"], "check": "1"}
        files = [SimpleUploadedFile(name, data) for name, data in (("a.png", png()), ("b", b"b"))]
        page = self.client.post(reverse("compare"), form | {"upload": files})
        source = Upload.objects.of(self.alice).get()
        assert [one.id for one in page.context["sources"]] == [str(source.id)]
        assert page.context["form"].errors["source_images"][0].startswith("b: ")
        kept = {"source_images": str(source.id)}
        page = self.client.post(reverse("compare"), form | kept)
        assert page.context["sheet_quote"].plan.requests[0]["source_images"] == [str(source.id)]

    def test_it_asks_for_a_style_or_a_value(self) -> None:
        for parameter, text in (
            ("style", "Choose at least one style."),
            ("steps", "Enter at least one value."),
        ):
            form = {"prompt": "A kite", "models": "flux-dev", "columns": parameter}
            page = self.client.post(reverse("compare_quote"), form, headers={"X-Part": "1"})
            assert text in page.content.decode()
            assert "data-missing" in page.content.decode()

    def test_it_names_the_model_that_takes_fewer_characters(self) -> None:
        model = ImageModel.objects.get(slug="flux-schnell")
        model.parameters["prompt"] = {"max": 500}
        model.save(update_fields=["parameters"])
        style = Style.objects.exclude(template="").order_by("slug")[0]
        room = 500 - len(style.template.replace("{prompt}", ""))
        models = ["flux-dev", "flux-schnell"]
        takes_it = "Z-Image Turbo accepts this."
        for slug, most in (("", 500), (style.slug, room)):
            for length, errors in (
                (most, {}),
                (most + 1, {"prompt": [f"FLUX.1 schnell: At most {most} characters. {takes_it}"]}),
            ):
                form = {"prompt": "x" * length, "models": models, "style": slug}
                page = self.client.post(reverse("compare_quote"), form, headers={"X-Part": "1"})
                assert page.context["form"].errors == errors

    def test_models_are_an_axis_to_choose(self) -> None:
        page = self.client.get(reverse("compare"))
        assert [axis.parameter for axis in page.context["form"].axes] == ["model", ""]
        form = {"prompt": "A kite", "models": ["flux-dev", "flux-schnell"], "rows": "model"}
        page = self.client.post(reverse("compare_quote"), form, headers={"X-Part": "1"})
        assert page.context["rows"] == ["FLUX.1 dev", "FLUX.1 schnell"]
        assert page.context["columns"] == []

    def test_what_nobody_needs_at_first_is_folded_until_it_was_used(self) -> None:
        def opened(address: str) -> list[str]:
            text = self.client.get(address).content.decode()
            return re.findall(r'<details class="([^"]+)" open>', text)

        def placed(rows: Axis | None) -> str:
            order = comparison_order.place(
                user=self.alice,
                comparison=ComparisonRequest(prompt="{a|b}", models=("flux-schnell",), rows=rows),
            )
            return reverse("sheet", args=[order.batch])

        page, sheet = reverse("compare"), placed(Axis("model", ("flux-schnell",)))
        assert opened(page) == opened(sheet) == []
        placed(Axis("seed", (1, 2)))
        assert opened(page) == ["comparison-more"]
        word_lists.create(user=self.alice, name="colors", entries=["red"])
        assert opened(page) == ["comparison-syntax", "comparison-more"]

    def test_it_says_what_the_images_wait_for_as_the_create_page_does(self) -> None:
        asked = {"prompt": "A kite", "models": ["flux-dev", "flux-schnell"]}

        def compared() -> str:
            cache.clear()
            page = self.client.post(reverse("compare_quote"), asked, headers={"X-Part": "1"})
            assert page.context["offer"].wait_note == self.create_note()
            return flat(page)

        assert "create-dot" in compared()
        budget_changes.set_limit(
            group=None, model=None, period=Period.DAY, limit_usd=Decimal("0.01")
        )
        self.client.cookies["django_language"] = "en"
        used_up = compared()
        assert "The budget is used up. New images wait" in used_up
        assert "waits for tomorrow’s budget" in used_up
        Budget.objects.all().delete()
        User.objects.filter(pk=self.alice.pk).update(max_jobs_at_once=0)
        held = compared()
        assert "at once is 0, so nothing starts" in held
        assert "create-dot" not in held

    def create_note(self) -> str:
        asked = {"model": "flux-dev", "prompt": "A kite", "count": "2"}
        offer = self.client.get(reverse("quote"), asked).context["offer"]
        return offer.wait_note

    def test_it_shows_where_the_models_of_an_earlier_comparison_went(self) -> None:
        form = {
            "prompt": "A kite",
            "models": ["flux-dev", "flux-schnell"],
            "columns": "seed",
            "columns_values": "1 2",
        }
        sheet = self.client.post(reverse("compare"), form)["Location"].split("/")[-2]
        page = self.client.get(reverse("compare"), {"sheet": sheet})
        assert [axis.parameter for axis in page.context["form"].axes] == ["seed", "model"]

    def test_it_offers_no_setting_that_no_model_has(self) -> None:
        source = {"source": str(make_image(self.alice).pk)}

        def offered(**query: str) -> set[str]:
            axis = self.client.get(reverse("compare"), query).context["form"].axes[0]
            return {choice.name for choice in axis.choices if not choice.is_hidden}

        assert "strength" not in offered()
        assert {"strength", "steps"} <= offered(**source)
        ImageModel.objects.filter(slug="z-image-turbo").update(enabled=False)
        assert "strength" not in offered(**source)
        assert "steps" in offered(**source)
