"""Management commands."""

import io

from django.core.management import call_command


def run(*arguments: str) -> str:
    """Return what a command prints: `run("backup", "--list")`."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
