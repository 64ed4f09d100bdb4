"""All commands of the project: limits of their numbers, signals, progress, JSON."""

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class

from artgen.management import base, number_arguments
from artgen.management.progress import ProgressCounter
from generation.models import ImageModel
from generation.testing.cases import BaseTestCase, EmulatorTestCase, load_catalog

pytestmark = pytest.mark.slow

APPS = ("accounts", "artgen", "generation")
DJANGOS = {"makemessages"}  # for developers
COMMANDS = sorted(
    name for name, app in get_commands().items() if app in APPS and name not in DJANGOS
)
PLAIN = (int, float)


class Recorder(argparse.ArgumentParser):
    """Records the arguments that a command adds."""

    def add_argument(self, *args: Any, **options: Any) -> argparse.Action:
        action = super().add_argument(*args, **options)
        self.__dict__.setdefault("recorded", []).append(action)
        return action

    def add_mutually_exclusive_group(self, **options: Any) -> Any:
        return self


def actions(name: str) -> list[argparse.Action]:
    """Return the arguments of a command."""
    recorder = Recorder(add_help=False)
    load_command_class(get_commands()[name], name).add_arguments(recorder)
    return vars(recorder).get("recorded", [])


def limits(kind: Any) -> number_arguments.Whole | number_arguments.Decimal | None:
    """Return the limits of an argument's type; None if it is not a number."""
    match kind:
        case number_arguments.Whole() | number_arguments.Decimal():
            return kind
        case number_arguments.Span(least=least, most=most):
            return number_arguments.Decimal(least, most)
    return None


NUMBERS = [
    (name, action)
    for name in COMMANDS
    for action in actions(name)
    if limits(action.type) is not None
]


@pytest.mark.parametrize("name", COMMANDS)
def test_it_has_limits_for_every_number(name: str) -> None:
    for action in actions(name):
        has_number = isinstance(action.default, PLAIN) and not isinstance(action.default, bool)
        assert action.type not in PLAIN, f"{name} {action.dest}"
        assert limits(action.type) is not None or not has_number, f"{name} {action.dest}"


def test_it_finds_the_numbers_of_the_commands() -> None:
    found = {(name, action.dest) for name, action in NUMBERS}
    assert found >= {
        ("monitor", "seconds"), ("runpod_emulator", "port"), ("jobs", "limit"),
        ("create_user", "credits"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "action"), NUMBERS, ids=[f"{name}-{action.dest}" for name, action in NUMBERS]
)
def test_it_refuses_numbers_beyond_their_limits(name: str, action: argparse.Action) -> None:
    limit = limits(action.type)
    assert limit is not None
    assert callable(action.type)
    below, above = f"{limit.least - 1:g}", f"{limit.most * 2 + 1:g}"
    for text in (below, above, "-1e400", "nan", "inf", "ten", "", "1e"):
        with pytest.raises(argparse.ArgumentTypeError, match="must be a"):
            action.type(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("monitor", "--seconds", "-1"),
        ("runpod_emulator", "--port", "99999"),
        ("jobs", "--limit", "-3"),
    ],
)
def test_it_says_so_in_a_shell_without_a_traceback(arguments: tuple[str, ...]) -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "must be a" in run.stderr
    assert "Traceback" not in run.stderr


def test_it_refuses_arguments_that_are_not_text() -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "create_user", b"\xff@example.org"],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr == "create_user: '\\udcff@example.org' is not valid UTF-8.\n"


# --- signals --------------------------------------------------------------------------------------
class Endless(base.BaseCommand):
    """Says that it works, then works until a signal arrives."""

    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write("working")
            self.stdout.flush()
            while True:
                time.sleep(0.1)  # not pause: the signal may have come just before it
        finally:
            self.stdout.write("put away")


ENDLESS = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "artgen.settings"
import django
django.setup()
from artgen.tests.management.test_commands import Endless
Endless().run_from_argv(["manage.py", "endless"])
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        cwd=settings.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "working\n"
        process.send_signal(number)
        out, err = process.communicate()
    assert process.returncode == 128 + number
    assert out == "put away\n"
    assert err == f"endless: ended by {number.name}.\n"


def test_all_commands_end_like_that() -> None:
    for name in COMMANDS:
        assert isinstance(load_command_class(get_commands()[name], name), base.BaseCommand), name


# --- progress -------------------------------------------------------------------------------------
def test_it_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProgressCounter, "EVERY_SECONDS", 0)
    screen = io.StringIO()
    progress = ProgressCounter(screen, "files", total=2000)
    progress.advance(1500)
    assert screen.getvalue() == "1,500 of 2,000 files, 0 s …"


class TestJson(EmulatorTestCase):
    def run_json(self, *arguments: str) -> Any:
        out = io.StringIO()
        call_command(*arguments, "--json", stdout=out)
        return json.loads(out.getvalue())

    def test_it_prints_what_scripts_can_read(self) -> None:
        job = self.place()
        found = self.run_json("jobs")
        assert (found["total"], found["jobs"][0]["id"]) == (1, str(job.id))
        assert self.run_json("check_ledger")["ok"] is True

    def test_it_fails_with_json_too(self) -> None:
        type(self.alice).objects.filter(pk=self.alice.pk).update(credits=1)
        out = io.StringIO()
        with pytest.raises(CommandError):
            call_command("check_ledger", "--json", stdout=out)
        assert json.loads(out.getvalue())["differences"][0]["email"] == "alice@example.org"


class TestDryRun(BaseTestCase):
    def run_it(self, *arguments: str) -> str:
        out = io.StringIO()
        call_command(*arguments, "--dry-run", stdout=out)
        return out.getvalue()

    def test_it_changes_nothing(self) -> None:
        assert "Would load models: " in self.run_it("load_catalog")
        assert not ImageModel.objects.exists()
        load_catalog()
        assert "differs" not in self.run_it("load_catalog")
        ImageModel.objects.filter(slug="flux-dev").update(price={"per_image": 3}, languages="ru")
        assert "flux-dev differs in price, languages\n" in self.run_it("load_catalog")
