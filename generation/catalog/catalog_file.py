"""The models, further endpoints and styles of `catalog.toml`, or of another file of that format."""

import json
import tomllib
from pathlib import Path
from typing import Any

CATALOG_FILE = Path(__file__).with_name("catalog.toml")


def read_catalog(path: Path = CATALOG_FILE) -> dict[str, list[dict[str, Any]]]:
    """Return the file as `{"models": [table…], "endpoints": …, "styles": …}`; raise ValueError.

    An endpoint has the slug of its `model`, in whose table it is. A table that has nothing else
    adds endpoints to a model of another file.
    """
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    models, endpoints = [], []
    for table in raw.get("models", []):
        further = table.pop("endpoints", [])
        endpoints += [{"model": table.get("slug"), **endpoint} for endpoint in further]
        if not further or table.keys() - {"slug"}:
            models.append(_with_workflow(table, beside=path))
    return {"models": models, "endpoints": endpoints, "styles": raw.get("styles", [])}


def _with_workflow(table: dict[str, Any], *, beside: Path) -> dict[str, Any]:
    """Return the table with its graph, which is in the file or in a file of its own beside it."""
    rest = {name: value for name, value in table.items() if name != "workflow_file"}
    if "workflow_file" in table:
        text = (beside.parent / table["workflow_file"]).read_text(encoding="utf-8")
        return {**rest, "workflow": json.loads(text)}
    return {**rest, "workflow": json.loads(table["workflow"])} if "workflow" in table else rest
