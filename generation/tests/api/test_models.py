"""`/api/v1/models/` and `/api/v1/styles/`: what a job may ask for."""

from generation.models import Style
from generation.testing.rows.api import ApiTestCase

MODELS, STYLES = "/api/v1/models/", "/api/v1/styles/"


class TestModels(ApiTestCase):
    def test_it_tells_limits_price_and_sources(self) -> None:
        flux = next(model for model in self.api.get(MODELS).json() if model["slug"] == "flux-dev")
        assert flux["name"] == "FLUX.1 dev"
        assert flux["parameters"]["width"] == {
            "default": 1024,
            "min": 256,
            "max": 1536,
            "step": 64,
            "choices": None,
        }
        assert flux["price"] == {"per_image": 0.0, "per_megapixel": 2.4, "minimum": 1}
        assert (flux["min_source_images"], flux["max_source_images"], flux["enabled"]) == (
            0,
            0,
            True,
        )


class TestStyles(ApiTestCase):
    def test_it_lists_the_styles_that_can_be_asked_for(self) -> None:
        Style.objects.filter(slug="oil").update(enabled=False)
        styles = self.api.get(STYLES).json()
        assert {"slug": "watercolor", "name": "Watercolor", "is_own": False} in styles
        assert "oil" not in [style["slug"] for style in styles]
        russian = self.api.get(STYLES, **{"Accept-Language": "ru"}).json()
        assert [style["slug"] for style in russian] == [style["slug"] for style in styles]
        assert russian != styles
