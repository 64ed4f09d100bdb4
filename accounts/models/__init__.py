"""Database models: users, their ledger of credits and API tokens, invitations, the audit log,
and emails not sent yet.

Only `accounts.ledger` writes entries of the ledger and a user's credits; `accounts.invitations`
writes invitations, `accounts.outbox` emails.
"""

from accounts.models.audit import AuditEntry
from accounts.models.emails import OutgoingEmail
from accounts.models.invitations import Invitation, InvitationState
from accounts.models.ledger import AppendOnly, CreditEntry
from accounts.models.tokens import ApiToken, Scope
from accounts.models.users import User, fold

__all__ = [
    "ApiToken",
    "AppendOnly",
    "AuditEntry",
    "CreditEntry",
    "Invitation",
    "InvitationState",
    "OutgoingEmail",
    "Scope",
    "User",
    "fold",
]
