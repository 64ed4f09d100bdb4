"""Sessions in the database, cached: Django's, for keys that Django can have issued."""

from django.contrib.sessions.backends import cached_db


class SessionStore(cached_db.SessionStore):
    """Django's store; every other key is unknown without a query.

    A cookie can contain any character, as `\\000` in quotes, and PostgreSQL refuses NUL. The error
    would also affect the sockets whose sessions are read by the same query.
    """

    def _validate_session_key(self, key: str) -> bool:
        return bool(super()._validate_session_key(key) and key.isascii() and key.isalnum())  # type: ignore[misc]
