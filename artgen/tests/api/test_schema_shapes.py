"""The shapes of the OpenAPI document, which clients rely on: texts may change, shapes may not.

`openapi_shapes.json` is the document without its texts. After an intended change of the API:
`python -m artgen.tests.api.test_schema_shapes` writes it again.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("openapi_shapes.json")
TEXTS = {"description", "summary", "example", "examples", "info", "tags", "title"}
NAMES = {"properties", "paths", "schemas", "securitySchemes", "responses", "content", "mapping"}
"""Objects whose keys are names, not keywords."""


def shape_of(value: Any, *, has_names: bool = False) -> Any:
    """Return the document without texts, and with sets in order."""
    if isinstance(value, list):
        shapes = [shape_of(one) for one in value]
        return sorted(shapes, key=lambda one: json.dumps(one, sort_keys=True))
    if not isinstance(value, dict):
        return value
    return {
        name: shape_of(inner, has_names=name in NAMES and not has_names)
        for name, inner in value.items()
        if has_names or not (name in TEXTS or name.startswith("x-"))
    }


def current() -> Any:
    from generation.testing import openapi

    return shape_of(json.loads(json.dumps(openapi.document(), default=str)))


def test_it_keeps_its_shapes() -> None:
    assert current() == json.loads(KEPT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    django.setup()
    document = json.loads(Path(sys.argv[1]).read_text()) if sys.argv[1:] else None
    shapes = shape_of(document) if document else current()
    KEPT.write_text(json.dumps(shapes, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
