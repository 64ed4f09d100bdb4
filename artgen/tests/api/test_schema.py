"""The OpenAPI description: valid, complete, and true to what the API answers."""

import os
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import TestCase
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from artgen.api.problems import CONTENT_TYPE, KINDS
from generation.testing.cases import emulated
from generation.testing.isolation import owned_data
from generation.testing.isolation.identities import ANONYMOUS, OTHERS_TOKEN, OWNERS_TOKEN, READER
from generation.testing.isolation.routes import site_routes
from generation.testing.isolation.suite import request, trials
from generation.testing.openapi import PUBLIC
from generation.testing.rows.prompt_helper import prompt_helper

pytestmark = pytest.mark.slow

SCHEMA = "/api/schema/"


class TestSchema(TestCase):
    schema: ClassVar[dict[str, Any]]

    def setUp(self) -> None:
        super().setUp()
        if not hasattr(type(self), "schema"):
            type(self).schema = self.client.get(SCHEMA).json()

    def operations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for path, methods in self.schema["paths"].items():
            for method, operation in methods.items():
                yield f"{method} {path}", operation

    @pytest.mark.slow
    def test_it_is_valid_openapi_3_1_for_everybody(self) -> None:
        assert self.schema["openapi"].startswith("3.1.")
        call_command("spectacular", validate=True, fail_on_warn=True, file=os.devnull)

    def test_it_is_generated_once_for_each_language_and_format(self) -> None:
        for accept in ("application/json", "application/yaml"):
            answers = {
                language: self.client.get(
                    SCHEMA, headers={"Accept": accept, "Accept-Language": language}
                )
                for language in ("en", "ru")
            }
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(SchemaGenerator, "get_schema", None)  # from now on it would fail
                for language, first in answers.items():
                    headers = {"Accept": accept, "Accept-Language": language}
                    again = self.client.get(SCHEMA, {"anything": "else"}, headers=headers)
                    assert again.content == first.content
                    headers["If-None-Match"] = first["ETag"]
                    assert self.client.get(SCHEMA, headers=headers).status_code == 304

    def test_it_says_what_each_operation_does_and_needs(self) -> None:
        for name, operation in self.operations():
            with self.subTest(name):
                assert operation["summary"]
                assert operation["tags"]
                needed = [{}] if name in PUBLIC else [{"bearer": []}, {"session": []}]
                assert operation["security"] == needed
        schemes = self.schema["components"]["securitySchemes"]
        assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
        assert (schemes["session"]["type"], schemes["session"]["in"]) == ("apiKey", "cookie")

    def test_it_shows_examples_that_fit(self) -> None:
        for name, operation in self.operations():
            contents = [
                content
                for answer in operation["responses"].values()
                for content in answer.get("content", {}).values()
            ]
            bodies = operation.get("requestBody", {}).get("content", {})
            contents += [
                content for kind, content in bodies.items() if kind != "multipart/form-data"
            ]
            for content in contents:
                with self.subTest(name):
                    for example in content.get("examples", {}).values():
                        self.assert_fits(example["value"], content["schema"])

    def test_it_tells_the_refusals_of_each_operation(self) -> None:
        for name, operation in self.operations():
            codes = set()
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    (content,) = answer["content"].items()
                    assert content[0] == CONTENT_TYPE
                    assert content[1]["schema"] == {"$ref": "#/components/schemas/Problem"}
                    codes |= {
                        example["value"]["code"] for example in content[1]["examples"].values()
                    }
            with self.subTest(name):
                always = {"not_acceptable", "server_error"}
                if name not in PUBLIC:
                    always |= {"not_authenticated"}
                assert always <= codes <= set(KINDS)
                assert ("csrf_failed" in codes) == (not name.startswith("get"))
                assert ("not_found" in codes) == ("{" in name)

    def test_it_is_true(self) -> None:
        """Compare what each operation answers to these people with what the description says."""
        data = owned_data.make()
        answered = set()
        with emulated() as emulator, prompt_helper(emulator):
            for identity in (OWNERS_TOKEN, OTHERS_TOKEN, ANONYMOUS, READER):
                routes = (route for route in site_routes() if route.is_described)
                for trial in trials(routes, identity=identity):
                    name = f"{trial.method.lower()} {trial.route.path}"
                    if name not in dict(self.operations()):
                        continue
                    with self.subTest(name, identity=identity.name), transaction.atomic():
                        answer = request(identity.client(data), data, trial)
                        self.assert_described(answer, dict(self.operations())[name])
                        answered |= {name} if answer.status_code < 300 else set()
                        transaction.set_rollback(True)
        assert answered == {name for name, _ in self.operations()} - {"get /api/v1/events"}

    def assert_described(self, answer: Any, operation: dict[str, Any]) -> None:
        described = operation["responses"][str(answer.status_code)]
        if answer.status_code == 204:
            assert not answer.content
            return
        schema = described["content"][answer["Content-Type"]]["schema"]
        self.assert_fits(answer.json(), schema, exactly=True)
        if answer.status_code >= 400:
            assert f"`{answer.json()['code']}`" in described["description"]

    def assert_fits(self, value: Any, schema: dict[str, Any], *, exactly: bool = False) -> None:
        components = self.schema["components"]
        if exactly:
            schemas = {
                name: shape | {"additionalProperties": False}
                if shape.get("type") == "object"
                else shape
                for name, shape in components["schemas"].items()
            }
            components = components | {"schemas": schemas}
        validator = Draft202012Validator(schema | {"components": components})
        errors = [
            f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)
        ]
        assert errors == []
