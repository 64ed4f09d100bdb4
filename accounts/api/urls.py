"""The account's API, below /api/v1/."""

from accounts.api.account import Account
from accounts.api.webhooks import WebhookAddresses

urlpatterns = [*Account.addresses(), *WebhookAddresses.addresses()]
