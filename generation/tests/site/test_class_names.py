"""A class name has one meaning in the whole project, so that it leads to one file."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings

APPS = ("accounts", "artgen", "deploy", "generation")
NOT_PRODUCT = frozenset({"migrations", "testing", "tests"})
FOUND_BY_NAME = ("management/commands/", "Command")
"""Where Django finds a class by its name: each command has one."""


def repeated_class_names(root: Path) -> dict[str, list[str]]:
    """Return the names that several classes have at the top level of modules, with their files."""
    files_by_name: defaultdict[str, list[str]] = defaultdict(list)
    for path in (path for app in APPS for path in sorted((root / app).rglob("*.py"))):
        file = path.relative_to(root).as_posix()
        if NOT_PRODUCT & set(file.split("/")):
            continue
        folder, name_of_django = FOUND_BY_NAME
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.ClassDef):
                continue
            if not (node.name == name_of_django and folder in file):
                files_by_name[node.name].append(file)
    return {name: files for name, files in files_by_name.items() if len(files) > 1}


@pytest.mark.slow
def test_each_class_has_a_name_of_its_own() -> None:
    assert repeated_class_names(settings.BASE_DIR) == {}
