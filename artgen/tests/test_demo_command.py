"""The commands of the demo say what to install where its packages are missing."""

import subprocess
import sys
from unittest import mock

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

COMMANDS = ("demo", "runpod_emulator")
INSTALL = "pip install -r deploy/requirements-demo.txt"
WITHOUT_PACKAGES = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
sys.modules["aiohttp"] = sys.modules["yarl"] = None
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_it_names_missing_packages_and_how_to_install_them(command: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_PACKAGES, command, "--seed=1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.strip() == (
        f"CommandError: `{command}` needs packages that are not installed: aiohttp. "
        f"Install them: {INSTALL}"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_it_raises_when_called_from_code(command: str) -> None:
    with (
        mock.patch.dict(sys.modules, {"aiohttp": None}),
        pytest.raises(CommandError, match=r"not installed: aiohttp\. "),
    ):
        call_command(command)
