"""allauth's app of signed-in devices, without its signals: they store the keys of sessions."""

from allauth.usersessions.apps import UserSessionsConfig


class DevicesConfig(UserSessionsConfig):
    """Its model alone; `accounts.sessions.sessions` writes the rows."""

    def ready(self) -> None:
        """Connect nothing."""
