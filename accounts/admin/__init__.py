"""Admin pages: users and what belongs to them, invitations, groups, the audit log."""

from accounts.admin import (
    audit_log,
    credit_requests,
    groups,
    invitations,
    ledger,
    outgoing_emails,
    sessions,
    site,
    tokens,
    users,
    vouchers,
)
