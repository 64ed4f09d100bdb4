"""The request that a sample job of a model would send to RunPod."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse

from generation.admin.image_models.json_field import ReadableJSONField
from generation.catalog import model_validation
from generation.catalog.catalog_file import read_catalog
from generation.catalog.offers import InvalidParameters
from generation.jobs import clients
from generation.models import ImageModel
from generation.providers.payloads import PayloadError
from generation.providers.provider import Order

# Models of the catalog.
EXAMPLES = ("flux-dev", "p-image", "nano-banana-pro", "qwen-image-edit-2511-lora")


@lru_cache(maxsize=1)
def examples() -> list[tuple[str, str, str]]:
    tables = {table["slug"]: table for table in read_catalog()["models"]}
    typed = ReadableJSONField().prepare_value
    return [
        (table["name"], table["endpoint_id"], typed(table["request_format"]))
        for table in (tables[slug] for slug in EXAMPLES)
    ]


def preview(model: ImageModel) -> dict[str, Any]:
    """Return the context of the preview: request line, body and price, or the errors."""
    if problem := problem_of(model):
        return {"errors": [("", [problem])]}
    offer = model.offer
    sample = model_validation.rehearse_all(offer, workflow=model.workflow)
    endpoint = model.endpoint
    webhook = f"{settings.PUBLIC_URL}{reverse('runpod_hook', args=['TOKEN'])}"
    url, body = clients.of(endpoint.provider).request(
        Order(endpoint_id=endpoint.endpoint_id, input=sample, webhook=webhook)
    )
    size = model_validation.usual_size(offer)
    return {
        "request_line": f"POST {url}",
        "body": json.dumps(body, indent=2, ensure_ascii=False),
        "size": "{} × {}".format(*size),
        "credits": offer.price_of({}, size=size),
    }


def form_errors(form: forms.BaseForm) -> list[tuple[str, list[str]]]:
    labels: Mapping[str, Any] = {name: field.label for name, field in form.fields.items()}
    return [
        (str(labels.get(name, "")), list(map(str, texts))) for name, texts in form.errors.items()
    ]


def problem_of(model: ImageModel) -> str:
    """Return why the model's jobs would fail, "" if they would not."""
    try:
        model.clean()
        model_validation.rehearse(model.offer, workflow=model.workflow)
    except ValidationError as error:
        return "; ".join(
            f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items()
        )
    except (InvalidParameters, PayloadError) as error:
        return str(error)
    return ""
