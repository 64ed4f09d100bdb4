"""The OpenAPI description: valid, complete, and true to what the API answers."""

import os
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import uuid4

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from artgen.api.problems import CONTENT_TYPE, KINDS
from generation.gallery.sharing import share_links
from generation.models import Job, ModerationRule, OwnStyle, Preset, Status, WordList
from generation.owned_rows import named_rows
from generation.testing.cases import emulated
from generation.testing.openapi import OPERATIONS, PUBLIC
from generation.testing.rows.api import FLUX, ApiTestCase, make_image, make_job, picture
from generation.testing.rows.prompt_helper import prompt_helper
from generation.testing.rows.saving import with_files

pytestmark = pytest.mark.slow

SCHEMA = "/api/schema/"
KEPT = {"model": "flux-dev", "steps": 30, "style": "oil"}


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

    @pytest.mark.slow
    def test_it_is_valid_openapi_3_1_for_everybody(self) -> None:
        assert self.schema["openapi"].startswith("3.1.")
        call_command("spectacular", validate=True, fail_on_warn=True, file=os.devnull)

    @pytest.mark.slow
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

    def test_it_has_each_operation(self) -> None:
        assert {name for name, _operation in self.operations()} == OPERATIONS

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

    def test_it_requires_a_body_where_a_field_is_required(self) -> None:
        bodies = {
            name: operation["requestBody"].get("required", False)
            for name, operation in self.operations()
            if "requestBody" in operation
        }
        assert bodies["post /api/v1/jobs/"]
        assert bodies["post /api/v1/batches/"]
        assert bodies["post /api/v1/quotes/"]
        assert not bodies["patch /api/v1/images/{image_id}/"]

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

    def reviewed(self) -> dict[str, list[Any]]:
        """Return the answers of reviews."""
        ModerationRule.objects.create(pattern="gun")
        refused = self.api.post("/api/v1/jobs/", {**FLUX, "prompt": "two guns"}).json()
        image = make_image(
            self.alice, job=make_job(self.alice, status=Status.SUCCEEDED, prompt="guns")
        )
        self.api.patch(f"/api/v1/images/{image.id}/", {"visibility": "public"})
        path, share = f"/api/v1/reviews/{refused['review']}/", f"/api/v1/images/{image.id}/share/"
        return {
            "get /api/v1/reviews/": [self.api.get("/api/v1/reviews/")],
            "get /api/v1/reviews/{review_id}/": [self.api.get(path)],
            "post /api/v1/reviews/{review_id}/appeal/": [
                self.api.post(f"{path}appeal/"),
                self.api.post(f"{path}appeal/"),
            ],
            "post /api/v1/reviews/{review_id}/cancel/": [self.api.post(f"{path}cancel/")],
            "post /api/v1/images/{image_id}/share/appeal/": [
                self.api.post(f"{share}appeal/"),
                self.api.post(f"{share}appeal/"),
            ],
        }

    def proposed(self) -> dict[str, list[Any]]:
        """Return the answers of the prompt helper."""
        translate, enhance = "/api/v1/prompts/translate/", "/api/v1/prompts/enhance/"
        asked = {"prompt": "туман над морем"}
        off = self.api.post(translate, asked)
        with emulated() as emulator, prompt_helper(emulator):
            emulator.faults.next("chat", "cut_off")
            return {
                "post /api/v1/prompts/translate/": [
                    off,
                    self.api.post(translate, asked),
                    self.api.post(translate, {**asked, "model": "z-image-turbo"}),
                ],
                "post /api/v1/prompts/enhance/": [
                    self.api.post(enhance, asked),
                    self.api.post(enhance, {}),
                ],
                "post /api/v1/prompts/describe/": [
                    self.api.post("/api/v1/prompts/describe/", {"image_id": str(uuid4())})
                ],
            }

    def compared(self) -> dict[str, list[Any]]:
        """Return the answers of comparisons."""
        sheets, key = "/api/v1/sheets/", {"Idempotency-Key": "kites"}
        asked = {
            "prompt": "A {red|blue} kite",
            "models": ["flux-dev"],
            "rows": {"parameter": "style", "values": [None, "watercolor"]},
            "columns": {"parameter": "guidance", "values": [2.5]},
        }
        placed = self.api.post(sheets, asked, **key)
        best, waiting = placed.json()["cells"][0][0], placed.json()["cells"][1][0]
        path = f"{sheets}{placed.json()['id']}/"
        Job.objects.filter(id=best).update(
            status=Status.SUCCEEDED, due_at=None, finished_at=timezone.now()
        )
        make_image(self.alice, job=Job.objects.get(id=best))
        vote = f"{path}vote/"
        return {
            "post /api/v1/sheets/": [
                placed,
                self.api.post(sheets, asked, **key),
                self.api.post(sheets, asked | {"seed": 5}, **key),
                self.api.post(sheets, {}),
            ],
            "post /api/v1/sheets/quotes/": [
                self.api.post(f"{sheets}quotes/", asked),
                self.api.post(f"{sheets}quotes/", FLUX | {"models": ["flux-dev"]}),
            ],
            "put /api/v1/sheets/{sheet_id}/vote/": [
                self.api.call("PUT", vote, {"job": best}),
                self.api.call("PUT", vote, {"job": waiting}),
                self.api.call("PUT", vote, {}),
            ],
            "get /api/v1/sheets/": [
                self.api.get(sheets),
                self.api.get(sheets, {"limit": 1}),
                self.api.get(sheets, {"limit": 0}),
            ],
            "get /api/v1/sheets/{sheet_id}/": [self.api.get(path), self.others.get(path)],
            "delete /api/v1/sheets/{sheet_id}/vote/": [
                self.api.delete(vote),
                self.others.delete(vote),
            ],
            "post /api/v1/sheets/{sheet_id}/cancel/": [
                self.api.post(f"{path}cancel/"),
                self.others.post(f"{path}cancel/"),
            ],
            "delete /api/v1/sheets/{sheet_id}/": [self.api.delete(path), self.api.delete(path)],
        }

    def listed(self) -> dict[str, list[Any]]:
        """Return the answers of word lists."""
        lists, colors = "/api/v1/word-lists/", {"name": "colors", "entries": ["red", "blue"]}
        made = self.api.post(lists, colors)
        path = f"{lists}{made.json()['id']}/"
        return {
            "post /api/v1/word-lists/": [
                made,
                self.api.post(lists, colors),
                *(
                    self.api.post(lists, colors | {"name": f"list-{n}"})
                    for n in range(named_rows.LIMITS[WordList].limit)
                ),
            ],
            "get /api/v1/word-lists/": [self.api.get(lists), self.api.get(lists, {"limit": 1})],
            "get /api/v1/word-lists/{list_id}/": [self.api.get(path), self.others.get(path)],
            "patch /api/v1/word-lists/{list_id}/": [
                self.api.patch(path, {"entries": ["red", "green"]}),
                self.api.patch(path, {"entries": ["{red|green}"]}),
            ],
            "delete /api/v1/word-lists/{list_id}/": [self.api.delete(path), self.api.delete(path)],
        }

    def saved(self) -> list[Any]:
        """Save a shared image, again, and one that is not shared."""
        image = with_files(make_image(self.bob))
        slug = share_links.share_by_link(
            image, until=None, with_parameters=False, with_name=False
        ).link_slug
        path = "/api/v1/images/"
        saved = [self.api.post(path, {"share": slug}) for _n in range(2)]
        return [*saved, self.api.post(path, {"share": "gone"}), self.api.post(path, {"share": "/"})]

    def kept(self) -> dict[str, list[Any]]:
        """Return the answers of presets and own styles."""
        styles, print_ = "/api/v1/own-styles/", {"name": "Print", "template": "{prompt}, print"}
        style = self.api.post(styles, print_)
        own = f"{styles}{style.json()['id']}/"
        presets, evening = "/api/v1/presets/", {"name": "Evening", "parameters": KEPT, "count": 2}
        made = self.api.post(presets, evening)
        path = f"{presets}{made.json()['id']}/"
        return {
            "post /api/v1/own-styles/": [
                style,
                self.api.post(styles, print_),
                *(
                    self.api.post(styles, print_ | {"name": f"{n}"})
                    for n in range(named_rows.LIMITS[OwnStyle].limit)
                ),
            ],
            "get /api/v1/own-styles/": [self.api.get(styles), self.api.get(styles, {"limit": 1})],
            "get /api/v1/own-styles/{style_id}/": [self.api.get(own), self.others.get(own)],
            "patch /api/v1/own-styles/{style_id}/": [
                self.api.patch(own, {"negative": "photo"}),
                self.api.patch(own, {"template": "print"}),
            ],
            "delete /api/v1/own-styles/{style_id}/": [self.api.delete(own), self.api.delete(own)],
            "post /api/v1/presets/": [
                made,
                self.api.post(presets, evening),
                *(
                    self.api.post(presets, evening | {"name": f"{n}"})
                    for n in range(named_rows.LIMITS[Preset].limit)
                ),
            ],
            "get /api/v1/presets/": [self.api.get(presets), self.api.get(presets, {"limit": 1})],
            "get /api/v1/presets/{preset_id}/": [self.api.get(path), self.others.get(path)],
            "patch /api/v1/presets/{preset_id}/": [
                self.api.patch(path, {"count": 4}),
                self.api.patch(path, {"parameters": {"model": "flux-dev", "steps": 0}}),
            ],
            "delete /api/v1/presets/{preset_id}/": [self.api.delete(path), self.api.delete(path)],
        }

    def test_it_is_true(self) -> None:
        """Compare what each operation answers with what the description says."""
        image = make_image(self.alice)
        failed = make_job(self.alice, status=Status.FAILED)
        forbidden = make_job(self.alice, status=Status.FAILED, prompt="a gun")
        placed = self.api.post("/api/v1/jobs/", FLUX)
        path = f"/api/v1/jobs/{placed.json()['id']}/"
        upload = self.api.client.post(
            "/api/v1/uploads/", {"file": SimpleUploadedFile("tea.png", picture())}
        )
        collections = "/api/v1/collections/"
        made = self.api.post(collections, {"name": "Hills"})
        pile = f"{collections}{made.json()['id']}/"
        answers = self.reviewed() | {
            "post /api/v1/collections/": [made, self.api.post(collections, {"name": "hills"})],
            "post /api/v1/collections/{collection_id}/images/": [
                self.api.post(f"{pile}images/", {"images": [str(image.id)]})
            ],
            "get /api/v1/collections/": [self.api.get(collections)],
            "get /api/v1/collections/{collection_id}/share/": [self.api.get(f"{pile}share/")],
            "post /api/v1/collections/{collection_id}/share/": [
                self.api.post(f"{pile}share/", {}),
                self.api.post(f"{pile}share/", {}),
                self.api.post(f"{pile}share/", {"new": 1}),
            ],
            "delete /api/v1/collections/{collection_id}/share/": [self.api.delete(f"{pile}share/")],
            "get /api/v1/collections/{collection_id}/": [self.api.get(pile), self.others.get(pile)],
            "patch /api/v1/collections/{collection_id}/": [
                self.api.patch(pile, {"name": "Tea hills"})
            ],
            "post /api/v1/collections/{collection_id}/images/remove/": [
                self.api.post(f"{pile}images/remove/", {"images": [str(image.id)]})
            ],
            "delete /api/v1/collections/{collection_id}/images/{image_id}/": [
                self.api.delete(f"{pile}images/{image.id}/")
            ],
            "delete /api/v1/collections/{collection_id}/": [self.api.delete(pile)],
            "post /api/v1/jobs/": [placed, self.api.post("/api/v1/jobs/", {})],
            "get /api/v1/jobs/": [
                self.api.get("/api/v1/jobs/"),
                self.api.get("/api/v1/jobs/", {"limit": 1}),
            ],
            "get /api/v1/jobs/{job_id}/": [self.api.get(path), self.others.get(path)],
            "post /api/v1/jobs/{job_id}/cancel/": [
                self.api.post(f"{path}cancel/"),
                self.api.post(f"{path}cancel/"),
            ],
            "post /api/v1/jobs/{job_id}/retry/": [
                self.api.post(f"/api/v1/jobs/{failed.id}/retry/"),
                self.api.post(f"/api/v1/jobs/{forbidden.id}/retry/"),
            ],
            "post /api/v1/batches/": [self.api.post("/api/v1/batches/", FLUX | {"count": 2})],
            "post /api/v1/quotes/": [
                self.api.post("/api/v1/quotes/", FLUX),
                self.api.post("/api/v1/quotes/", b"{"),
            ],
            **self.proposed(),
            **self.compared(),
            **self.listed(),
            **self.kept(),
            "get /api/v1/images/": [self.api.get("/api/v1/images/")],
            "post /api/v1/images/": self.saved(),
            "get /api/v1/images/{image_id}/": [self.api.get(f"/api/v1/images/{image.id}/")],
            "patch /api/v1/images/{image_id}/": [
                self.api.patch(f"/api/v1/images/{image.id}/", {"favorite": True}),
                self.api.patch(f"/api/v1/images/{image.id}/", {"note": "A2", "tags": ["print"]}),
                self.api.patch(f"/api/v1/images/{image.id}/", {"tags": ["a,b"]}),
            ],
            "get /api/v1/tags/": [self.api.get("/api/v1/tags/"), self.api.get("/api/v1/tags/?x=1")],
            "delete /api/v1/images/{image_id}/": [self.api.delete(f"/api/v1/images/{image.id}/")],
            "post /api/v1/images/{image_id}/restore/": [
                self.api.post(f"/api/v1/images/{image.id}/restore/")
            ],
            "post /api/v1/images/{image_id}/share/": [
                self.api.post(f"/api/v1/images/{image.id}/share/", {"expires_in_days": 7}),
                self.api.post(f"/api/v1/images/{image.id}/share/"),
            ],
            "get /api/v1/images/{image_id}/share/": [
                self.api.patch(f"/api/v1/images/{image.id}/", {"visibility": "public"})
                and self.api.get(f"/api/v1/images/{image.id}/share/")
            ],
            "delete /api/v1/images/{image_id}/share/": [
                self.api.delete(f"/api/v1/images/{image.id}/share/")
            ],
            "post /api/v1/uploads/": [upload, self.api.post("/api/v1/uploads/", {})],
            "get /api/v1/events": [self.api.get("/api/v1/events")],  # without daphne
            "get /api/v1/models/": [self.api.get("/api/v1/models/")],
            "get /api/v1/status/": [self.client.get("/api/v1/status/")],
            "get /api/v1/styles/": [self.api.get("/api/v1/styles/")],
            "get /api/v1/account/": [
                self.api.get("/api/v1/account/"),
                self.client.get("/api/v1/account/"),
            ],
            "get /api/v1/account/ledger/": [self.api.get("/api/v1/account/ledger/")],
        }
        assert set(answers) == OPERATIONS
        for name, operation in self.operations():
            for answer in answers[name]:
                with self.subTest(name=name, status=answer.status_code):
                    described = operation["responses"][str(answer.status_code)]
                    if answer.status_code == 204:
                        assert not answer.content
                        continue
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
