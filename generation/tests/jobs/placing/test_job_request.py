"""The document of a job's request and its validation, both from the declaration, agree."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from accounts.models import User
from generation.catalog.job_parameters import JOB_PARAMETERS, NUMBERS, JobParameter, Kind
from generation.catalog.offers import InvalidParameters
from generation.jobs.placing.job_request import JobOrderBody, UserCatalog
from generation.models import ImageModel
from generation.models.model_cache import Catalog
from generation.testing import openapi

ADDRESS = "https://example.org/lora.safetensors"
VALUES: list[Any] = [
    *(None, "", "text", ADDRESS, 0, 1, -1, 0.5, True, False),
    *([], ["019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a"], [1], ["", None], {}, {"a": 1}),
]
SAMPLES: dict[Kind, Any] = {
    Kind.TEXT: "Tea hills",
    Kind.INTEGER: 3,
    Kind.FLOAT: 0.5,
    Kind.SEED: 7,
    Kind.STYLE: None,
    Kind.SOURCES: ["019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a"],
    Kind.HTTPS_URL: ADDRESS,
    Kind.BOOLEAN: False,
    Kind.MASK: "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a",
    Kind.IMAGE: "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a",
    Kind.WEBHOOK: "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a",
    Kind.ROLES: [],
    Kind.SIDES: {"left": 50, "top": 0},
}


def catalog() -> Catalog:
    """Return a catalog with one model that has every parameter, within wide limits."""
    limits = {name: {"default": 1, "min": -9, "max": 9} for name in NUMBERS}
    offered = {one.name: limits.get(one.name, {}) for one in JOB_PARAMETERS if one.is_offered}
    model = ImageModel(
        pk=1, slug="wide", name="Wide", dialect="public", parameters=offered, max_source_images=8
    )
    return Catalog({1: model})


def refusals(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the codes by field of a request, {} if it is valid."""
    shape = JobOrderBody(
        data={"model": "wide", "prompt": "x", **request},
        context={"catalog": UserCatalog(catalog(), User())},
    )
    try:
        shape.is_valid(raise_exception=True)
    except InvalidParameters as refused:
        return {error.field: error.code for error in refused.errors}
    return {}


def documented() -> dict[str, Any]:
    """Return the JSON schemas of the fields, by name."""
    components = openapi.document()["components"]
    properties: dict[str, Any] = components["schemas"]["JobOrderRequest"]["properties"]
    return {name: {**schema, "components": components} for name, schema in properties.items()}


def differences(parameter: JobParameter, schema: Mapping[str, Any]) -> Iterator[str]:
    """Return the values of which document and validation say different things."""
    for value in VALUES:
        code = refusals({parameter.name: value}).get(parameter.name, "")
        is_documented = Draft202012Validator(schema).is_valid(value)
        if not is_documented and not code:
            yield f"{parameter.name}: {value!r} is accepted, but not documented"
        # An address that is not https has the right type, and "invalid" as its code.
        if is_documented and code == "invalid" and parameter.kind is not Kind.HTTPS_URL:
            yield f"{parameter.name}: {value!r} is documented, but refused"


@pytest.mark.django_db
def test_it_documents_what_it_accepts() -> None:
    schemas = documented()
    for parameter in JOB_PARAMETERS:
        schema = schemas[parameter.name]
        assert list(differences(parameter, schema)) == []
        sample = SAMPLES[parameter.kind]
        assert Draft202012Validator(schema).is_valid(sample)
        assert parameter.name not in refusals({parameter.name: sample, "lora_url": ADDRESS})


@pytest.mark.django_db
def test_it_has_a_field_for_the_model_and_each_parameter() -> None:
    names = ["model", *(one.name for one in JOB_PARAMETERS)]
    assert list(JobOrderBody().fields) == names
    assert set(documented()) == set(names)
    assert refusals({"color": "red"}) == {"color": "unknown_field"}


@pytest.mark.django_db
def test_it_returns_defaults_and_rows() -> None:
    offered = catalog()
    shape = JobOrderBody(
        data={"model": "wide", "prompt": " x ", "steps": 4},
        context={"catalog": UserCatalog(offered, User())},
    )
    assert shape.is_valid()
    assert shape.validated_data["model"] is offered.by_id[1]
    assert shape.validated_data["style"] is None
    assert (shape.validated_data["prompt"], shape.validated_data["steps"]) == ("x", 4)
    assert (shape.validated_data["guidance"], shape.validated_data["seed"]) == (1, None)
