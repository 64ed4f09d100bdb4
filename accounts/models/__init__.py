"""Database models: users, their ledger of credits and API tokens, quotas, invitations, the
audit log, emails not sent yet, and webhooks.

Only `accounts.credits.ledger` and `holds` write entries of the ledger and a user's credits;
`accounts.access.invitations` writes invitations, `accounts.emails.outbox` emails,
`accounts.credits.credit_requests` requests for credits, `accounts.credits.vouchers` vouchers,
`accounts.access.sign_up_rules` opened mailboxes, `accounts.webhooks` webhooks.
"""

from accounts.models.audit_log import AuditEntry
from accounts.models.credit_requests import CreditPage, CreditRequest, CreditRequestState
from accounts.models.invitations import Invitation, InvitationState
from accounts.models.ledger import AppendOnly, CreditEntry
from accounts.models.opened_mailboxes import OpenedMailbox
from accounts.models.outgoing_emails import OutgoingEmail
from accounts.models.quotas import ANY_MODEL, GroupQuota, QuotaFields
from accounts.models.tokens import ApiToken, Scope
from accounts.models.users import PromptHelp, User, fold
from accounts.models.vouchers import Voucher, VoucherState, VoucherUse
from accounts.models.webhooks import (
    PUSH,
    WebhookAddress,
    WebhookMessage,
    WebhookOff,
    WebhookTopic,
)
