"""The OpenAPI description: valid, complete, and true to what the API answers."""

import os
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import yaml
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from artgen.testing.api import ApiTestCase

SCHEMA = "/api/schema/"


class TestSchema(ApiTestCase):
    schema: ClassVar[dict[str, Any]]

    def setUp(self) -> None:
        super().setUp()
        if not hasattr(type(self), "schema"):
            type(self).schema = self.client.get(SCHEMA).json()

    def operations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for path, methods in self.schema["paths"].items():
            for method, operation in methods.items():
                yield f"{method} {path}", operation

    def test_it_is_valid_openapi_3_1_for_everybody(self) -> None:
        assert self.schema["openapi"].startswith("3.1.")
        call_command("spectacular", validate=True, fail_on_warn=True, file=os.devnull)

    def test_it_comes_as_json_or_yaml(self) -> None:
        assert self.client.get(SCHEMA)["Content-Type"].startswith("application/json")
        response = self.client.get(SCHEMA, headers={"Accept": "application/yaml"})
        assert yaml.safe_load(response.content)["openapi"] == self.schema["openapi"]

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
