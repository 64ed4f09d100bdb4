"""Commands in the audit log: of the staff member in `--by EMAIL`, else of the system user."""

import getpass
import os
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from artgen.admin import audit

COMMANDS = frozenset(
    {
        *("budgets", "cancel_jobs", "check_catalog", "create_user", "erase_user", "generation"),
        *("grant_credits", "issue_token", "load_catalog", "purge_images", "reconcile_jobs"),
        *("reset_second_factor", "retry_jobs", "revoke_token", "set_model"),
    }
)
"""The commands that change what staff can change in the admin, too."""
OF_DJANGO = frozenset(
    {
        *("verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color"),
        *("skip_checks", "by", "stdout", "stderr"),
    }
)
"""Options that say nothing about what is done."""


def add_argument(parser: ArgumentParser, name: str) -> None:
    """Declare --by, if it is one of COMMANDS."""
    if name in COMMANDS:
        parser.add_argument(
            "--by",
            metavar="EMAIL",
            help="the member of staff who runs it, for the audit log in the admin",
        )


@contextmanager
def recorded(
    name: str,
    parser: ArgumentParser | None,
    options: Mapping[str, Any],
    *,
    by_shell: bool,
    only_reads: bool,
) -> Iterator[dict[str, Any]]:
    """Store the command in the audit log after it has ended, with the yielded options.

    A command that only reads is not stored, nor one that other code calls without a name: what
    called it is.

    Raises CommandError before it begins unless `--by` names an active member of staff.
    """
    address = options.get("by")
    stored_options = {
        option: value
        for option, value in options.items()
        if option not in OF_DJANGO and value != (parser.get_default(option) if parser else None)
    }
    if name not in COMMANDS or only_reads or not (address or by_shell):
        yield stored_options
        return
    actor = _staff(address) if address else None
    if actor is None:
        stored_options = {"system_user": _system_user(), **stored_options}
    try:
        yield stored_options
    except Exception as error:
        audit.record_command(
            actor=actor, name=name, options=stored_options | {"failed": str(error)}
        )
        raise
    audit.record_command(actor=actor, name=name, options=stored_options)


def _system_user() -> str:
    """Return who is signed in on the machine, also behind sudo."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # an id without a name, in containers
        return str(os.getuid())


def _staff(address: str) -> Any:
    users = get_user_model()._default_manager
    actor = users.filter(email=address.strip().lower(), is_staff=True, is_active=True).first()
    if actor is None:
        raise CommandError(f"--by {address}: not an active member of staff.")
    return actor
