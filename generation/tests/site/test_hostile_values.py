"""No value in an address, a query, a form or a body makes a page fail."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.core.cache import cache
from django.db import transaction

from generation.testing.isolation import owned_data, sign_in
from generation.testing.isolation.access import Who
from generation.testing.isolation.identities import MANAGER, OWNER
from generation.testing.isolation.owned_data import OwnedData
from generation.testing.isolation.routes import site_routes
from generation.testing.isolation.suite import FILE_FIELDS, Trial, body_of, request, trials

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

VALUES = {
    "NUL": "a\0b",
    "an unpaired surrogate": "\udcff",
    "nothing": "",
    "a long text": "x" * 5000,
    "a number of 5,000 digits": "9" * 5000,
    "an infinite number": "1e400",
    "a number that is none": "NaN",
    "a negative number": "-1",
    # The last letters grow six times, as search compares them.
    "control characters and an override": "a\r\nb\x1b\x7f\u202eabc" + "㌖" * 200,
    "digits that are not ASCII": "١٢٣",
    "an address": "//evil.example/%2e%2e/",
    "a path, markup and JSON": '../../<script>vqzmscript</script>"\'{{7*7}}{"$ne": null}',
}
FATAL = ("NUL", "an unpaired surrogate")
"""PostgreSQL stores neither: tried in one field at a time, surrogates where bodies are JSON."""
FIELDS = ("q", "before", "next", "page", "model", "job", "source", "share", "when", "since", "show")
"""Parameters that pages read beside those of the examples in the table."""


@pytest.fixture(autouse=True)
def _with_all_services(settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = sign_in.services()


def hostile(trial: Trial, value: str, *, one_by_one: bool) -> Iterator[Trial]:
    """Yield the trial with the values of its body or query replaced, all at once or one by one."""
    given = dict(parse_qsl(trial.query)) if trial.method == "GET" else dict(trial.rule.body)
    is_page = trial.rule.who in (Who.USERS, Who.EVERYONE) and not (
        trial.route.is_api or trial.route.is_admin
    )
    more = FIELDS if trial.method == "GET" and is_page and not given else ()
    more = ("next",) if trial.method == "POST" and is_page else more
    names = [name for name in (*given, *more) if name not in FILE_FIELDS]
    if not names:
        return
    escaped = value.replace("{", "{{").replace("}", "}}")  # braces name examples of the table
    one_by_one &= trial.route.is_api or value != "\udcff"  # a form's are replaced on arrival
    for some in [[name] for name in names] if one_by_one else [names]:
        changed = {**given, **dict.fromkeys(some, escaped)}
        if trial.method == "GET":
            query = urlencode(changed, safe="{}", errors="surrogateescape")
            yield replace(trial, query=query)
        else:
            yield replace(trial, rule=replace(trial.rule, body=changed))


def failures(
    data: OwnedData, tried: list[Trial], *, value: str, one_by_one: bool = True
) -> Iterator[str]:
    """Yield what fails, shows markup as it came, or leads to another site."""
    for original in tried:
        for trial in hostile(original, value, one_by_one=one_by_one):
            cache.clear()
            with transaction.atomic():
                identity = MANAGER if trial.route.is_admin else OWNER
                response = request(identity.client(data), data, trial)
                text = body_of(response)
                transaction.set_rollback(True)
            if response.status_code >= 500:
                yield f"{trial.method} {trial.route.path} {trial.query} {trial.rule.body}"
            if "<script>vqzmscript" in text and not trial.route.is_api:
                yield f"{trial.method} {trial.route.path} shows markup as it came"
            if response.headers.get("Location", "").startswith("//"):
                yield f"{trial.method} {trial.route.path} leads to another site"


@pytest.mark.parametrize("name", VALUES)
def test_it_never_fails(name: str) -> None:
    data = owned_data.make()
    declared = [
        trial
        for trial in trials(site_routes())
        if trial.method in trial.rule.methods and trial.method in ("GET", "POST", "PATCH")
    ]
    found = list(failures(data, declared, value=VALUES[name], one_by_one=name in FATAL))
    assert not found, "\n".join(["", *found])
