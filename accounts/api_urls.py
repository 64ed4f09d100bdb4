"""The account's API, below /api/v1/."""

from accounts.api import Account

urlpatterns = Account.addresses()
