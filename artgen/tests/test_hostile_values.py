"""No value in an address, a query, a form or a body makes a page fail."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from artgen.testing.isolation import owned_data
from artgen.testing.isolation.identities import MANAGER, OWNER
from artgen.testing.isolation.owned_data import OwnedData
from artgen.testing.isolation.routes import site_routes
from artgen.testing.isolation.rows import Tables
from artgen.testing.isolation.rules import Who
from artgen.testing.isolation.suite import State, Trial, arguments, send, trials

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.django_db]

VALUES = {
    "NUL": "a\0b",
    "an unpaired surrogate": "\udcff",
    "control characters": "a\r\nb\x1b\x7f",
    "nothing": "",
    "a long text": "x" * 5000,
    "a number of 5,000 digits": "9" * 5000,
    "digits that are not ASCII": "١٢٣",
    "a right-to-left override": "\u202eabc",
    "markup": "<script>vqzmscript</script>\"'{{7*7}}",
    "an address": "//evil.example/%2e%2e/",
    "a path": "../../etc/passwd",
    "JSON": '{"$ne": null}',
}
FIELDS = ("q", "before", "next", "page", "model", "job", "source", "share", "when", "since", "show")
"""Parameters that pages read beside those of the examples in the table."""


def hostile(trial: Trial, value: str) -> Iterator[Trial]:
    """Yield the trial with each value of its body and query replaced."""
    body, query = trial.rule.body, dict(parse_qsl(trial.query))
    escaped = value.replace("{", "{{").replace("}", "}}")  # braces name examples of the table
    if trial.method != "GET":
        for name in body.keys() - {"file"}:
            yield replace(trial, rule=replace(trial.rule, body={**body, name: escaped}))
        return
    is_page = trial.rule.who in (Who.USERS, Who.EVERYONE) and not (
        trial.route.is_api or trial.route.is_admin
    )
    for name in {*query, *(FIELDS if is_page and not query else ())}:
        asked = {**query, name: escaped}
        yield replace(trial, query=urlencode(asked, safe="{}", errors="surrogateescape"))


def failures(data: OwnedData, tried: list[Trial], *, value: str) -> Iterator[str]:
    before = State(Tables())
    for original in tried:
        for trial in hostile(original, value):
            identity = MANAGER if trial.route.is_admin else OWNER
            answer = send(identity.client(data), data, trial, before)
            if isinstance(answer.outcome, int) and answer.outcome >= 500:
                yield f"{trial.method} {trial.route.path} {trial.query} {trial.rule.body}"
            if "<script>vqzmscript" in answer.texts and not trial.route.is_api:
                yield f"{trial.method} {trial.route.path} shows markup as it came"


@pytest.mark.parametrize("name", VALUES)
def test_it_never_fails(name: str) -> None:
    data = owned_data.make()
    declared = [
        trial
        for trial in trials(site_routes())
        if trial.method in trial.rule.methods and trial.method in ("GET", "POST", "PATCH")
    ]
    found = list(failures(data, declared, value=VALUES[name]))
    assert not found, "\n".join(["", *found])


def test_it_finds_a_page_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    data = owned_data.make()
    tried = [
        trial
        for trial in trials(site_routes())
        if trial.route.name == "collections" and trial.method == "POST"
    ]

    def fail(**_given: Any) -> Mapping[str, Any]:
        raise ValueError("a NUL")

    assert arguments(data, tried[0])
    monkeypatch.setattr("generation.gallery.collections.create", fail)
    assert list(failures(data, tried, value="a\0b")) != []
