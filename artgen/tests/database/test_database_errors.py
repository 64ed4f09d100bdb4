"""What commands say when the database is away or lacks tables."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, ProgrammingError

from artgen.management import database_errors
from generation.testing.services import free_port

EMPTY = urlsplit(os.environ.get("DATABASE_URL", ""))._replace(path="/postgres").geturl()
AWAY = "postgres://nobody@127.0.0.1:{port}/x"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "problem", "advice"),
    [(EMPTY, "lacks tables", "Apply the migrations"), (AWAY, "cannot be reached", "doctor")],
)
def test_a_command_says_in_one_line_what_to_do(
    database: str, problem: str, advice: str, tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    run = subprocess.run(
        [sys.executable, "manage.py", "check_ledger"],
        env=kept
        | {"DATABASE_URL": database.format(port=free_port()), "DATA_DIR": str(tmp_path)}
        | {"SECRET_KEY": "for this test"},
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1
    assert problem in run.stderr
    assert advice in run.stderr


@pytest.mark.parametrize(
    ("raised", "cause", "problem"),
    [
        (ProgrammingError, psycopg.errors.UndefinedColumn, "lacks tables or columns"),
        (OperationalError, psycopg.errors.AdminShutdown, "cannot be reached"),
        (OperationalError, psycopg.errors.DeadlockDetected, None),
        (ProgrammingError, psycopg.errors.SyntaxError, None),
    ],
)
def test_it_advises_on_the_states_of_postgresql(
    raised: type[Exception], cause: type[psycopg.Error], problem: str | None
) -> None:
    error = raised("column x does not exist\nLINE 1: …")
    error.__cause__ = cause()
    advice = database_errors.advice(error)
    assert (problem in advice) if problem and advice else (advice is problem)
