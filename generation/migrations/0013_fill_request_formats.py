"""Fill the request format of public endpoints from the dialect that the row names, and the cost that is expected.

The dialect itself stays: the version before reads it while it still serves. So does the price: an upgrade changes none.
"""

from django.db import migrations

from generation.runpod.payloads.legacy import LEGACY

# Dollars by endpoint, as RunPod lists them or as its replies told in 2026.
COSTS = {
    "black-forest-labs-flux-1-schnell": {"per_megapixel": 0.005},
    "black-forest-labs-flux-1-dev": {"per_megapixel": 0.02},
    "qwen-image-t2i": {"per_image": 0.02},
    "z-image-turbo": {"per_image": 0.005},
    "p-image-t2i": {"per_image": 0.005},
    "seedream-v4-t2i": {"per_image": 0.027},
    "wan-2-6-t2i": {"per_image": 0.03},
    "black-forest-labs-flux-1-kontext-dev": {"per_image": 0.025},
    "qwen-image-edit": {"per_image": 0.02},
    "qwen-image-edit-2511": {"per_image": 0.025},
    "seedream-v4-edit": {"per_image": 0.027},
    "p-image-edit": {"per_image": 0.01},
}


CUSTOM = {"mode": "custom", "min": 256, "max": 1440, "step": 16}  # exact sizes of p-image-t2i instead of a ratio


def takes_custom(model):
    """Tell whether all sizes on offer can be asked for exactly."""
    size = model.parameters.get("size") or {}
    sides = [int(side) for choice in size.get("choices") or [] for side in str(choice).split("x") if side.isdigit()]
    return bool(sides) and all(256 <= side <= 1440 and side % 16 == 0 for side in sides)


def fill(apps, schema_editor):
    models = apps.get_model("generation", "ImageModel").objects
    for dialect, request_format in LEGACY.items():
        models.filter(dialect=dialect, request_format__isnull=True).update(request_format=request_format)
    for model in models.filter(dialect="p_image", endpoint_id="p-image-t2i"):
        if takes_custom(model) and model.request_format == LEGACY["p_image"]:
            models.filter(pk=model.pk).update(request_format={**LEGACY["p_image"], "size": CUSTOM})
    for endpoint, cost in COSTS.items():
        models.filter(endpoint_id=endpoint, expected_cost__isnull=True).update(expected_cost=cost)


class Migration(migrations.Migration):
    dependencies = [("generation", "0012_endpoints_as_data")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
