"""Users for the browser tests, created inside the demo: accounts and signed-in sessions."""

import importlib
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.credits import ledger
from accounts.models import User


def let_in(
    *names: str, staff: Sequence[str] = (), with_password: Sequence[str] = (), credits: int = 100
) -> dict[str, str]:
    """Create accounts NAME@example.org that do not exist yet; return a session key of each.

    Those in `with_password` can sign in with "password", the others only have their session.
    """
    store = importlib.import_module(settings.SESSION_ENGINE).SessionStore
    sessions = {}
    for name in (*names, *staff):
        rights = {"is_staff": name in staff, "is_superuser": name in staff}
        user = User.objects.filter(email=f"{name}@example.org").first()
        if user is None:
            user = User.objects.create_user(
                f"{name}@example.org", "password" if name in with_password else None, **rights
            )
            ledger.open_account(user, credits=credits)
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        sessions[name] = session.session_key
    return sessions


def assert_signed_in(sessions: Mapping[str, str]) -> None:
    """Raise ValueError if a password was changed, which ends the sessions of its user.

    `create_user` changes the password of an account that exists, for example one of another class.
    """
    store = importlib.import_module(settings.SESSION_ENGINE).SessionStore
    for name, key in sessions.items():
        user = User.objects.get(email=f"{name}@example.org")
        if store(key)[HASH_SESSION_KEY] != user.get_session_auth_hash():
            raise ValueError(f"two classes that share a demo use {name!r}; its session has ended")
