"""The form of one model."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from generation.admin.image_models.json_field import ReadableJSONField
from generation.models import Endpoint, ImageModel, endpoints
from generation.providers.payloads import DIALECTS, PUBLIC

OF_ENDPOINT = forms.fields_for_model(Endpoint, endpoints.SETTINGS)


class ImageModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of one model and its endpoint.

    `ImageModel.clean` builds a sample request before it is saved.
    """

    endpoint_id = OF_ENDPOINT["endpoint_id"]
    max_in_flight = OF_ENDPOINT["max_in_flight"]

    dialect = forms.ChoiceField(
        label=capfirst(_("dialect")),
        choices=[
            (PUBLIC, _("public: a public RunPod endpoint")),
            *((name, name) for name in sorted(DIALECTS)),
        ],
        help_text=_(
            "Input and output format. public: set by the request format. Others: the "
            "worker at your own endpoint."
        ),
    )
    request_format = ReadableJSONField(
        label=capfirst(_("request format")),
        rows=10,
        help_text=_(
            "Public endpoints only: the endpoint’s names for its parameters. Other "
            "parameters are not sent."
        ),
    )
    parameters = ReadableJSONField(
        label=capfirst(_("parameters")),
        empty={},
        help_text=_(
            "User settings, each with default, min, max, step or choices. Known: width and "
            "height, or size with choices such as 1024x768; steps, guidance, strength, "
            "negative_prompt, seed, and lora_url together with lora_scale; mask (models that "
            "change a part of an image) and scale (upscalers). Other settings are not shown."
        ),
    )
    roles = ReadableJSONField(
        label=capfirst(_("roles of source images")),
        empty={},
        rows=4,
        help_text=_(
            "What source images can be for besides edited: subject, style, composition, such as "
            '{"style": {}}. {} adds the usual sentence to the prompt, {"text": "…{image}…"} '
            'another; {"slot": 2} sends the image as {{image_2}} of a ComfyUI graph, with '
            '"weights": [0.3, 0.6, 0.9] its weight as {{weight_2}}.'
        ),
    )
    expected_cost = ReadableJSONField(
        label=capfirst(_("expected cost, $")),
        rows=3,
        help_text=_(
            "The provider’s price for an image, such as "
            '{"per_image": 0.025} or {"per_megapixel": 0.02}.'
        ),
    )
    price = ReadableJSONField(
        label=capfirst(_("price rule")),
        empty={},
        rows=4,
        help_text=_(
            "If empty, the price is computed from the expected cost, CREDIT_USD and "
            "PRICE_MARGIN. Or set whole credits per image: max(minimum, ceil(per_image + "
            "per_megapixel × megapixels))."
        ),
    )
    workflow = ReadableJSONField(
        label=capfirst(_("workflow")),
        indent=2,
        rows=24,
        help_text=_(
            "ComfyUI only: the graph in API format, with slots such as {{prompt}}, {{seed}}, "
            "{{image_1}}, {{mask}}, {{scale}}."
        ),
    )

    class Meta:
        model = ImageModel
        fields = (
            "enabled",
            "name",
            "slug",
            "position",
            "description_en",
            "description_ru",
            "dialect",
            "typical_seconds",
            "languages",
            "purposes",
            "licence",
            "examples",
            "request_format",
            "parameters",
            "min_source_images",
            "max_source_images",
            "roles",
            "expected_cost",
            "price",
            "max_usd",
            "charges_canceled",
            "background_discount",
            "cheapest_first",
            "rent_after_seconds",
            "workflow",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_endpoint = forms.model_to_dict(self.instance.endpoint, endpoints.SETTINGS)
        self.initial = {**of_endpoint, **self.initial}

    def _post_clean(self) -> None:
        for name in endpoints.SETTINGS:
            if name in self.cleaned_data:
                setattr(self.instance.endpoint, name, self.cleaned_data[name])
        super()._post_clean()  # type: ignore[misc]
