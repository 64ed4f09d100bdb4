"""The form of one model."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from generation.admin.image_models.json_field import ReadableJSONField
from generation.models import ImageModel
from generation.runpod.payloads import DIALECTS, PUBLIC


class ImageModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of one model; `ImageModel.clean` builds a sample request before it is saved."""

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
    expected_cost = ReadableJSONField(
        label=capfirst(_("expected cost, $")),
        rows=3,
        help_text=_(
            'RunPod’s price for an image, such as {"per_image": 0.025} or {"per_megapixel": 0.02}.'
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
            "endpoint_id",
            "dialect",
            "max_in_flight",
            "typical_seconds",
            "languages",
            "request_format",
            "parameters",
            "min_source_images",
            "max_source_images",
            "expected_cost",
            "price",
            "workflow",
        )
