"""The account's API, below /api/v1/."""

from accounts.api.account import Account

urlpatterns = Account.addresses()
