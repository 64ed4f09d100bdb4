"""Which packages there are, and where: those of the group `demo` only outside of production."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from packaging.specifiers import SpecifierSet

from generation.testing.servers.stack import ABSENT

pytestmark = pytest.mark.slow

PROGRAM = """
import importlib, pkgutil
import django

django.setup()
import accounts, artgen, generation

DEMO = (
    "generation.demo.emulator",
    "generation.demo.paint",
    "generation.local_models.server",  # of the group `local`
    "generation.management.commands.local_model",
    "generation.management.commands.runpod_emulator",
    "generation.testing",
)
for app in (accounts, artgen, generation):
    for module in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
        if ".tests" not in module.name and not module.name.startswith(DEMO):
            importlib.import_module(module.name)
print("all")
"""


@pytest.fixture
def without_demo(tmp_path: Path) -> dict[str, str]:
    """An environment whose processes do not find the packages of the group."""
    paths = [str(ABSENT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "DJANGO_SETTINGS_MODULE": "artgen.settings",
        "DATA_DIR": str(tmp_path),
    }


def test_it_imports_all_of_production_without_them(without_demo: dict[str, str]) -> None:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(
        command,
        env=without_demo,
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.BASE_DIR,
    )
    assert (done.stdout.strip().splitlines()[-1:], done.returncode) == (["all"], 0), done.stderr


def test_make_accepts_each_python_of_the_project() -> None:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    project_accepts = SpecifierSet(project["requires-python"])
    line = re.search("^SUITABLE := .*", (settings.BASE_DIR / "Makefile").read_text(), re.MULTILINE)
    assert line
    first, end = (int(minor) for minor in re.findall(r"\(3, (\d+)\)", line[0]))
    accepted = [minor for minor in range(20) if project_accepts.contains(f"3.{minor}.1")]
    assert accepted == [*range(first, end)] == [12, 13, 14]
