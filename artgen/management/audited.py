"""Commands run on behalf of a member of staff: `--by EMAIL` writes them to the audit log."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from artgen import audit

COMMANDS = frozenset(
    {
        *("cancel_jobs", "create_user", "erase_user", "generation", "grant_credits"),
        *("issue_token", "load_catalog", "purge_images", "reconcile_jobs", "reset_second_factor"),
        *("retry_jobs", "revoke_token", "set_model", "voucher"),
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
    name: str, parser: ArgumentParser | None, options: Mapping[str, Any]
) -> Iterator[None]:
    """Store the command in the audit log after it has ended, if `--by` names an actor.

    Raises CommandError before it begins unless the actor is an active member of staff.
    """
    address = options.get("by")
    if not address or name not in COMMANDS or options.get("dry_run"):
        yield
        return
    actor = _staff(address)
    given = {
        option: value
        for option, value in options.items()
        if option not in OF_DJANGO and value != (parser.get_default(option) if parser else None)
    }
    try:
        yield
    except Exception as error:
        audit.record_command(actor=actor, name=name, options=given | {"failed": str(error)})
        raise
    audit.record_command(actor=actor, name=name, options=given)


def _staff(address: str) -> Any:
    users = get_user_model()._default_manager
    actor = users.filter(email=address.strip().lower(), is_staff=True, is_active=True).first()
    if actor is None:
        raise CommandError(f"--by {address}: not an active member of staff.")
    return actor
