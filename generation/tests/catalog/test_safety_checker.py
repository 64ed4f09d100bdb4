"""The safety checkers of the endpoints stay on, and no request can turn them off."""

import pytest

from generation.catalog import model_validation
from generation.catalog.catalog_file import read_catalog
from generation.catalog.job_parameters import JOB_FIELDS
from generation.catalog.offers import InvalidParameters
from generation.testing.rows.catalog import offer

# Their documentation has no such parameter.
WITHOUT = {
    "flux-dev",
    "flux-schnell",
    "nano-banana-2",
    "qwen-image-edit-2511",
    "qwen-image-edit-2511-lora",
}
ON = {"enable_safety_checker": True, "disable_safety_checker": False}
PUBLIC = [table["slug"] for table in read_catalog()["models"] if table["dialect"] == "public"]


@pytest.mark.parametrize("slug", PUBLIC)
def test_it_is_on_in_every_request(slug):
    sent = model_validation.rehearse_all(offer(slug), workflow=None)
    switches = {name: value for name, value in sent.items() if "safety" in name}
    assert all(ON[name] is value for name, value in switches.items()), switches
    assert bool(switches) == (slug not in WITHOUT)


@pytest.mark.parametrize("slug", PUBLIC)
def test_no_request_can_turn_it_off(slug):
    assert not any("safety" in name for name in JOB_FIELDS)
    for name in ON:
        with pytest.raises(InvalidParameters) as refused:
            offer(slug).clean({"prompt": "fog", name: not ON[name]})
        assert (name, "unknown_field") in [(one.field, one.code) for one in refused.value.errors]
