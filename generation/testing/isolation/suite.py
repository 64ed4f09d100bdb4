"""Send every request and compare the answer, its content and the database with the rules."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from generation.testing.isolation.access import Rule, Who
from generation.testing.isolation.examples import ADMIN_OBJECTS, EXAMPLES, FIXED
from generation.testing.isolation.identities import NOBODY, OWNER, Identity
from generation.testing.isolation.owned_data import MARK, MARKER, OwnedData
from generation.testing.isolation.routes import Route
from generation.testing.isolation.rows import (
    Change,
    Tables,
    changes,
    file_rows,
    files,
    restore_files,
)
from generation.testing.isolation.rules import rule_of
from generation.testing.rows.image_files import FILES

FILE_FIELDS = ("file", "image")
"""Fields of bodies that are files; such a body is a multipart form."""
FORM = "application/x-www-form-urlencoded"
SAFE = ("GET", "HEAD", "OPTIONS")
STAFF = ("staff", "manager")
UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = 401, 403, 404, 405
DESCRIBED = 200  # OPTIONS describes the route, whether or not the object exists
ENDED = (NOT_FOUND, NOT_ALLOWED, 410)
SERVER_ERROR = 500
SIGN_IN, ADMIN_SIGN_IN = "sign in", "sign in to the admin"
MISSING_SCOPE = "missing scope"
"""Outcomes beside status codes: redirects to the sign-in pages, 403 for the scope of a token."""

Outcome = int | str


@dataclass(frozen=True)
class Trial:
    """One request: route, rule, method and query."""

    route: Route
    rule: Rule
    method: str
    query: str = ""

    @property
    def is_declared(self) -> bool:
        """Whether the rule gives the method to somebody."""
        return self.method in self.rule.methods or (
            self.method == "HEAD" and "GET" in self.rule.methods
        )


@dataclass(frozen=True)
class Answer:
    """What came back, and what the request changed."""

    outcome: Outcome
    texts: str  # body and headers
    changes: list[Change]


def trials(routes: Iterable[Route], *, identity: Identity = OWNER) -> Iterator[Trial]:
    """Yield the requests of an identity: each route with its methods and each example query.

    Those who may do most try wrong methods, too, because only they get past the other checks of a
    view that does not look at its method.
    """
    for route in routes:
        rule = rule_of(route)
        assert rule is not None, f"declare who may use {route.name} in isolation.rules"
        for method in sorted({*rule.methods, *identity.wrong_methods}):
            for query in rule.queries:
                yield Trial(route, rule, method, query)


def violations(
    data: OwnedData, identity: Identity, routes: Iterable[Route], *, tables: Tables
) -> Iterator[str]:
    """Try all requests as this identity and yield what breaks the rules, in words.

    Each request is rolled back, so all find the same rows.
    """
    with transaction.atomic():
        identity.prepare(data)
        before = State(tables)
        for trial in trials(routes, identity=identity):
            answer = send(identity.client(data), data, trial, before)
            for problem in _problems(data, identity, trial, answer):
                yield (
                    f"{trial.method} {trial.route.path}{trial.query and '?'}{trial.query} as "
                    f"{identity.name}: {problem}"
                )
        transaction.set_rollback(True)


def forgeries(
    data: OwnedData, identity: Identity, routes: Iterable[Route], *, tables: Tables
) -> Iterator[str]:
    """Try secret addresses with one character changed; yield what is not refused, in words."""
    before = State(tables)
    for trial in trials(routes):
        forged = [name for name in trial.rule.at if name != "name"]
        values = {trial.rule.at[name]: _forged(data.values[trial.rule.at[name]]) for name in forged}
        if trial.query:
            values["media_query"] = _forged(data.values["media_query"])
        if not forged and not trial.query:
            values["slug"] = _forged(data.values["slug"])
        answer = send(
            identity.client(data), replace(data, values=data.values | values), trial, before
        )
        address = f"{trial.method} {trial.route.path} with a forged secret"
        refused = (*ENDED, *trial.rule.answers)
        if isinstance(answer.outcome, str) or answer.outcome not in refused:
            yield f"{address}: {answer.outcome}"
        if answer.changes or MARKER.search(answer.texts):
            yield f"{address} shows or changed something: {answer.changes}"


def _forged(secret: str) -> str:
    middle = len(secret) // 2
    return secret[:middle] + ("b" if secret[middle] == "a" else "a") + secret[middle + 1 :]


class State:
    """The rows and files before a request."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.writes = tables.writes()
        self.rows = tables.rows(tables.names)
        self.files = files()
        self.file_rows = file_rows()

    def changes(self) -> list[Change]:
        """Return what has changed since, in the files and in the tables written since."""
        found = changes({"files": self.file_rows}, {"files": file_rows()})
        before, self.writes = self.writes, self.tables.writes()
        names = {name for name, count in self.writes.items() if count != before.get(name)}
        return found + changes({name: self.rows[name] for name in names}, self.tables.rows(names))

    def restore_files(self) -> None:
        """Undo what has happened to the files; what the transaction did is rolled back."""
        restore_files(self.files)
        self.file_rows = file_rows()


def send(client: Client, data: OwnedData, trial: Trial, before: State) -> Answer:
    """Send the request of a trial, and undo what it changed."""
    cache.clear()
    with transaction.atomic():
        response = request(client, data, trial)
        texts = f"{response.headers} {response.cookies} {body_of(response)}"
        answer = Answer(_outcome(response, texts), texts, before.changes())
        transaction.set_rollback(True)
    if any(change.table == "files" for change in answer.changes):
        before.restore_files()
    return answer


def request(client: Client, data: OwnedData, trial: Trial, **headers: str) -> Any:
    address = trial.route.address(arguments(data, trial))
    if trial.query:
        address += f"?{_filled(trial.query, data)}"
    body = _filled(dict(trial.rule.body), data)
    if field := next((name for name in FILE_FIELDS if name in body), ""):
        # Lists, because Django's test client takes bytes for a list of numbers.
        texts = {name: [one.encode(errors="surrogateescape")] for name, one in body.items()}
        file = SimpleUploadedFile(body[field], FILES["PNG"])
        options: dict[str, Any] = {"data": {**texts, field: file}}
    elif trial.route.is_api:
        options = {"data": json.dumps(body), "content_type": "application/json"}
    else:
        form = urlencode(body, doseq=True, errors="surrogateescape")
        options = {"data": form, "content_type": FORM}
    if trial.method in SAFE:
        options = {}
    elif trial.method != "POST" and "content_type" not in options:
        options = {"data": "x=1", "content_type": FORM}
    return getattr(client, trial.method.lower())(address, headers=headers, **options)


def arguments(data: OwnedData, trial: Trial) -> dict[str, Any]:
    found: dict[str, Any] = dict(FIXED)
    for name in trial.route.arguments:
        if example := trial.rule.at.get(name) or EXAMPLES.get(name):
            found[name] = data.values[example]
        elif trial.route.is_admin and name not in FIXED:
            found[name] = _admin_argument(data, trial.route, name)
    return found


def _admin_argument(data: OwnedData, route: Route, name: str) -> Any:
    if name == "app_label":
        return "generation"
    model = route.path.removeprefix("/admin/").split("/{")[0].replace("/", "_")
    return data.values[ADMIN_OBJECTS.get(model, "image")]


def _filled(value: Any, data: OwnedData) -> Any:
    """Replace the names in braces by the ids of the owner's objects, at any depth."""
    if isinstance(value, str):
        return value.format_map(data.values)
    if isinstance(value, Mapping):
        return {name: _filled(one, data) for name, one in value.items()}
    return [_filled(one, data) for one in value] if isinstance(value, list) else value


def body_of(response: Any) -> str:
    """Return the text of a response, read to its end."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode("utf-8", "replace"))


def _outcome(response: HttpResponseBase, texts: str) -> Outcome:
    if response.status_code == FORBIDDEN and '"code":"missing_scope"' in texts:
        return MISSING_SCOPE
    location = response.headers.get("Location", "")
    if location.startswith(f"{reverse('admin:login')}?next="):
        return ADMIN_SIGN_IN
    return SIGN_IN if location.startswith(f"{reverse('login')}?next=") else response.status_code


def _problems(data: OwnedData, identity: Identity, trial: Trial, answer: Answer) -> Iterator[str]:
    allowed = is_allowed(identity, trial)
    if problem := _wrong_outcome(identity, trial, answer.outcome, allowed=allowed):
        yield problem
    if shown := _shown(data, identity, trial, answer):
        yield f"shows {', '.join(sorted(shown))}"
    is_refused = not allowed or not trial.is_declared
    for change in answer.changes:
        if is_refused:
            yield f"was refused and changed {change}"
        elif (
            _person(identity, trial) != "owner"
            and not (trial.route.is_admin and _person(identity, trial) == "manager")
            and change.table not in trial.rule.touches
            and change.concerns(data.ids)
        ):
            yield f"changed the owner's {change}"


def is_allowed(identity: Identity, trial: Trial) -> bool:
    """Whether the rule lets this identity use the route."""
    person = _person(identity, trial)
    if _needs_another_scope(identity, trial):
        return False
    match trial.rule.who:
        case Who.EVERYONE | Who.ADDRESS:
            return True
        case Who.USERS:
            return person != NOBODY
        case Who.OWNER:
            return person == "owner"
        case Who.ANY_STAFF:
            return person in STAFF
        case Who.STAFF:
            return person == "manager"
        case Who.NOBODY:
            return False


def _needs_another_scope(identity: Identity, trial: Trial) -> bool:
    writes = trial.method not in SAFE and not trial.rule.only_reads
    return identity.only_reads and writes and _is_of_the_api(trial)


def _is_of_the_api(trial: Trial) -> bool:
    return trial.route.is_api and trial.rule.who != Who.NOBODY


def _person(identity: Identity, trial: Trial) -> str:
    return identity.api_person if trial.route.is_api else identity.page_person


def _wrong_outcome(identity: Identity, trial: Trial, outcome: Outcome, *, allowed: bool) -> str:
    """Return what is wrong with the outcome, "" if it is right."""
    if isinstance(outcome, int) and outcome >= SERVER_ERROR:
        return f"failed with {outcome}"
    expected = refusals(identity, trial)
    if not allowed:
        # Before or after who asks: a method that the route does not have is refused, too.
        # HEAD counts as declared with GET, and some routes have GET only.
        if not trial.is_declared or trial.method == "HEAD":
            expected = expected | {NOT_ALLOWED}
        if trial.method == "OPTIONS" and (trial.route.is_api or trial.route.is_admin):
            expected.add(DESCRIBED)
        return "" if outcome in expected else f"{outcome}, not {sorted(map(str, expected))}"
    if trial.method == "OPTIONS" or (trial.route.is_admin and not trial.is_declared):
        return ""  # describes the route; the admin treats other methods as GET
    if not trial.is_declared:
        return "" if outcome in (NOT_ALLOWED, NOT_FOUND) else f"{outcome}, not {NOT_ALLOWED}"
    if trial.method == "HEAD" and outcome == NOT_ALLOWED:
        return ""
    if outcome in trial.rule.answers:
        return ""
    if isinstance(outcome, str) or outcome in (UNAUTHENTICATED, NOT_ALLOWED):
        return f"{outcome} for who may use it"
    is_positive_control = identity == OWNER and trial.rule.who in (Who.USERS, Who.OWNER)
    return f"{outcome} for the owner" if is_positive_control and outcome >= 400 else ""


def refusals(identity: Identity, trial: Trial) -> set[Outcome]:
    """Return how the route refuses this identity."""
    person = _person(identity, trial)
    if _needs_another_scope(identity, trial):
        return {MISSING_SCOPE}
    if trial.route.is_api:
        return {NOT_FOUND} if person else {UNAUTHENTICATED}
    if trial.route.is_admin:
        return {FORBIDDEN, NOT_FOUND} if person in STAFF else {ADMIN_SIGN_IN}
    if trial.rule.who == Who.NOBODY:
        return {NOT_FOUND}
    return {NOT_FOUND} if person else {SIGN_IN}


def _shown(data: OwnedData, identity: Identity, trial: Trial, answer: Answer) -> set[str]:
    """Return the private texts and secrets in the answer that this identity must not see."""
    own = data.sessions.get(identity.session)  # comes back whenever the session is stored
    hidden = [one for one in data.secrets if one != own]
    secrets = {f"a secret ({one[:6]}…)" for one in hidden if one in answer.texts}
    person = _person(identity, trial)
    if person == "owner" or (person == "manager" and trial.route.is_admin):
        return secrets
    sent = set(
        MARKER.findall(f"{trial.query} {trial.rule.body} {_filled(dict(trial.rule.body), data)}")
    )
    found = set(MARKER.findall(answer.texts)) - sent
    return secrets | {one for one in found if one.removeprefix(MARK) not in trial.rule.shows}
