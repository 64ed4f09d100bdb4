"""The account's API, below /api/v1/."""

from accounts.api.account import Account
from accounts.api.webhooks import Webhooks

urlpatterns = [*Account.addresses(), *Webhooks.addresses()]
