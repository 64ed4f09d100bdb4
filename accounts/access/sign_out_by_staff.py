"""Signing a user out on all devices, by staff."""

from django.db import transaction

from accounts.access import staff_rights
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.models import User
from accounts.sessions import sessions
from artgen.admin import audit


def sign_out_everywhere(*, user: User, actor: User) -> None:
    """End all sessions of the user and tell the user by email; API tokens stay valid.

    Raises staff_rights.StaffProtected; then nothing was changed.
    """
    staff_rights.check(actor, user)
    with transaction.atomic():
        sessions.end_all(user)
        audit.record(actor=actor, row=user, text="signed out everywhere")
        security_notices.send(Change.SIGNED_OUT_BY_STAFF, user=user)
