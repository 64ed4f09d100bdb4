"""Close what a user has open when the right to have it open may have ended.

Signing out, a new password, a revoked token, an account that is locked: whatever of it happens, every socket of the
user is told to close. Who may still listen comes back within a second and is let in; the others are not. So the socket
needs no second way to find out who somebody is.
"""

import logging
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from artgen.layers import send_to_group

log = logging.getLogger(__name__)

MESSAGE = "account.changed"


def group(user_id: UUID) -> str:
    """Return the name of the channel group of all of this user's sockets."""
    return f"account.{user_id}"


def hang_up(user_id: Any) -> None:
    """Close, after commit, all sockets of the user."""
    transaction.on_commit(partial(_hang_up, user_id), robust=True)


def _hang_up(user_id: Any) -> None:
    try:
        send_to_group(group(user_id), {"type": MESSAGE})
    except Exception as error:  # noqa: BLE001 a channel layer raises whatever its client does
        log.error("open sockets could not be closed", extra={"user": str(user_id), "error": repr(error)})
