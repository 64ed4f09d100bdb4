"""URLs of the account's API, below /api/v1/."""

from django.urls import path

from accounts import api

urlpatterns = [
    path("account/", api.AccountEndpoint.as_view()),
    path("account/ledger/", api.LedgerEndpoint.as_view()),
]
