"""Admin pages: users and what belongs to them, invitations, groups, the audit log."""

from accounts import outbox_admin
from accounts.admin import audit_log, entries, groups, invitations, sessions, site, tokens, users

__all__ = [
    "audit_log",
    "entries",
    "groups",
    "invitations",
    "outbox_admin",
    "sessions",
    "site",
    "tokens",
    "users",
]
