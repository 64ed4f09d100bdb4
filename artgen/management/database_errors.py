"""What a command says when the database is away or lacks the tables of this version."""

import psycopg
from django.db import Error

from artgen.environment import installation

MISSING = ("42P01", "42703")  # undefined table and column
AWAY = ("08", "57P")  # connection exceptions; the server is stopping or starting


def advice(error: Error) -> str | None:
    """Return what is wrong and what to do; None for an error that is a bug or a conflict."""
    here = installation.current()
    detail = str(error).partition("\n")[0]
    state = error.__cause__.sqlstate if isinstance(error.__cause__, psycopg.Error) else None
    if state in MISSING:
        return (
            f"The database lacks tables or columns of this version ({detail}). "
            f"Apply the migrations: {here.release}."
        )
    is_unconnected = isinstance(error.__cause__, psycopg.OperationalError) and state is None
    if is_unconnected or (state or "").startswith(AWAY):
        return f"The database cannot be reached ({detail}). See {here.command('doctor')}."
    return None
