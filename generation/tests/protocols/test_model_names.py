"""The models that other programs are shown and given: those that the account may order."""

import pytest
from django.test import override_settings

from generation.protocols import model_names
from generation.protocols.model_names import ModelNotFound, Wanted
from generation.testing.rows.api import ApiTestCase


class TestAllowedModels(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice.allowed_models = "flux-schnell flux-kontext"
        self.alice.save(update_fields=["allowed_models"])

    def test_they_are_listed_alone(self) -> None:
        names = {model["id"] for model in self.api.get("/v1/models").json()["data"]}
        assert names - set(model_names.KNOWN_NAMES) == {"flux-schnell", "flux-kontext"}
        everything = self.others.get("/v1/models").json()["data"]
        assert "flux-dev" in {model["id"] for model in everything}
        assert self.api.get("/v1/models/flux-schnell").status_code == 200
        assert self.api.get("/v1/models/flux-dev").status_code == 404
        titles = [model["title"] for model in self.api.get("/sdapi/v1/sd-models").json()]
        assert sorted(titles) == ["flux-kontext", "flux-schnell"]
        assert self.api.get("/sdapi/v1/options").json() == {"sd_model_checkpoint": "flux-schnell"}
        choice = {"sd_model_checkpoint": "flux-dev"}
        assert self.api.post("/sdapi/v1/options", choice).status_code == 403

    @override_settings(MODEL_ALIASES={"draw": ["flux-dev", "flux-schnell", "flux-kontext"]})
    def test_an_alias_means_one_of_them(self) -> None:
        for images, slug in ((0, "flux-schnell"), (1, "flux-kontext")):
            for name in ("", "draw"):
                offer = model_names.offer_of(name, user=self.alice, wanted=Wanted(images))
                assert offer.slug == slug
        with pytest.raises(ModelNotFound, match="flux-schnell") as refused:
            model_names.offer_of("unknown", user=self.alice, wanted=Wanted())
        assert "flux-dev" not in refused.value.names
