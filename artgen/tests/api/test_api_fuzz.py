"""The API keeps its OpenAPI document, whatever is sent: schemathesis with all of its checks.

The requests are the same in each run: the seed is fixed.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.config import SchemathesisConfig

from accounts.tokens import tokens
from generation.catalog.job_parameters import JOB_PARAMETERS
from generation.testing import openapi
from generation.testing.cases import load_catalog, make_user

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

EXAMPLES = 20  # of each operation, beside those of the coverage phase
SEQUENCES, STEPS = 10, 8

bounded = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

# What no schema can say: which rows exist, what a file contains, what is signed, the limits of each
# model. A valid request may be refused for these reasons alone (field without its path, code).
# `positive_data_acceptance` would allow none: `refused_for_a_reason` takes its place there.
PARAMETERS = [one.name for one in JOB_PARAMETERS]
LIMITS = ("min_value", "max_value", "step", "choices", "not_supported", "max_length", "required")
ORDER = {
    *((name, code) for name in PARAMETERS for code in LIMITS),
    *((name, "control_characters") for name in (*PARAMETERS, "original_prompt")),
    *(
        (name, "does_not_exist")
        for name in ("model", "style", "source_images", "mask", "draft", "webhook")
    ),
    *((name, "conflict") for name in ("erase", "outpaint")),
    # JSON Schema calls 2.0 an integer; an address of a LoRA must be https.
    *((name, "invalid") for name in (*PARAMETERS, "count")),
}
PAGE = {("cursor", "invalid")}
NAME = {("name", "unique"), ("name", "control_characters")}
SHEET = {
    *(("models", code) for code in ("does_not_exist", "duplicate")),
    ("models", "invalid"),  # other ones than those of the axis
    *(("prompt", code) for code in ("unbalanced", "too_deep", "too_many", "does_not_exist")),
    *((name, "control_characters") for name in ("prompt", "negative_prompt", "style")),
    ("prompt", "required"),  # of spaces only
    ("models", "required"),  # unless they are an axis
    *((name, "max_length") for name in ("style", "prompt")),
    ("style", "does_not_exist"),
    *(("source_images", code) for code in ("does_not_exist", "not_supported", "max_length")),
    *(("source_roles", code) for code in ("length", "not_supported")),
    *((name, "invalid") for name in ("seed", "aspect_ratio", "rows", "columns")),
    *(("values", code) for code in ("invalid", "duplicate", "does_not_exist", *LIMITS)),
    *(("count", code) for code in ("min_value", "max_value")),
}
HELPED = {("prompt", code) for code in ("control_characters", "required")}
OF_ROWS: dict[str, set[tuple[str, str]]] = {
    "GET /api/v1/account/ledger/": PAGE,
    "GET /api/v1/jobs/": {*PAGE, ("model", "does_not_exist"), ("model", "control_characters")},
    "GET /api/v1/reviews/": PAGE,
    "GET /api/v1/images/": {
        *PAGE,
        *((name, "does_not_exist") for name in ("model", "collection")),
        *((name, "control_characters") for name in ("model", "style", "q", "tag")),
        *((name, "invalid") for name in ("since", "until")),  # before the year 1900
        ("until", "min_value"),  # before `since`
    },
    "PATCH /api/v1/images/{image_id}/": {
        ("note", "control_characters"),
        *(("tags", code) for code in ("blank", "invalid", "control_characters", "max_length")),
    },
    "POST /api/v1/collections/": NAME,
    "PATCH /api/v1/collections/{collection_id}/": NAME,
    "POST /api/v1/collections/{collection_id}/images/": {("images", "does_not_exist")},
    "POST /api/v1/webhooks/": {
        ("url", "invalid"),
        ("url", "unique"),
        ("topics", "empty"),
        ("topics", "invalid_choice"),
    },
    "POST /api/v1/uploads/": {("file", "invalid")},
    "POST /api/v1/jobs/": ORDER,
    "POST /api/v1/batches/": ORDER,
    "POST /api/v1/quotes/": ORDER,
    "POST /api/v1/prompts/enhance/": HELPED,
    "POST /api/v1/prompts/translate/": {
        *HELPED,
        *(("model", code) for code in ("does_not_exist", "control_characters")),
    },
    "GET /api/v1/sheets/": PAGE,
    "POST /api/v1/sheets/": SHEET,
    "POST /api/v1/sheets/quotes/": SHEET,
}
# The object in the address, the key and the balance are not fields of the body.
WITHOUT_ERRORS = {
    "not_found",
    "idempotency_key_reused",
    "price_too_high",
    "too_few_credits",
    "prompt_helper_off",
    "not_shared",
}


def _schema(**checks: Any) -> Any:
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "generation": {"deterministic": True},
            "checks": checks,
            "operations": [
                {"include-name": name, "checks": {"positive_data_acceptance": {"enabled": False}}}
                for name in OF_ROWS
            ]
            # A deleted image is in the trash for 30 days and still answers: the contract.
            + [
                {"include-path-regex": "/images/", "checks": {"use_after_free": {"enabled": False}}}
            ],
        }
    )
    text = json.dumps(openapi.document(), default=str)
    schema = schemathesis.openapi.from_dict(json.loads(text), config=config)
    schema.app = get_wsgi_application()
    return schema.exclude(path="/api/v1/events")  # a stream, which daphne answers


schema = _schema()


def refused_for_a_reason(_context: Any, response: Any, case: Any) -> None:
    """Check that a valid request is refused only for what no schema can say."""
    reasons = OF_ROWS.get(case.operation.label)
    mode = case.meta.generation.mode if case.meta else None
    if reasons is None or mode is None or not mode.is_positive or response.status_code < 400:
        return
    problem = response.json()
    found = {(error["field"].rpartition(".")[2], error["code"]) for error in problem["errors"]}
    assert found <= reasons, f"a valid request is refused: {found - reasons}"
    assert found or problem["code"] in WITHOUT_ERRORS, problem


@pytest.fixture
def bearer() -> Iterator[dict[str, str]]:
    """Return the header of a user with credits; requests leave the test's transaction open."""
    load_catalog()
    user = make_user("alice@example.org", credits=100_000)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # as Django's own test client does
    yield {"Authorization": f"Bearer {tokens.issue(user=user, name='fuzz')}"}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(bounded, max_examples=EXAMPLES)
def test_it_keeps_its_description(case: schemathesis.Case, bearer: dict[str, str]) -> None:
    cache.clear()
    case.call_and_validate(headers=bearer, additional_checks=[refused_for_a_reason])


def test_it_keeps_its_description_in_any_order(bearer: dict[str, str]) -> None:
    """Requests that use what others have created, changed and deleted before."""

    # The token is not part of the generated request here, so this check would take each answer for
    # one without authentication. The test of single operations has it.
    stateful = _schema(ignored_auth={"enabled": False})

    class Machine(stateful.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            """Begin each sequence with the same rows: Hypothesis repeats a part of one."""
            super().setup()
            self.before = transaction.savepoint()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.before)
            super().teardown()

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            cache.clear()
            return {"headers": bearer}

        def validate_response(self, response: Any, case: schemathesis.Case, **given: Any) -> None:
            super().validate_response(
                response, case, additional_checks=[refused_for_a_reason], **given
            )

    run_state_machine_as_test(
        Machine, settings=settings(bounded, max_examples=SEQUENCES, stateful_step_count=STEPS)
    )
