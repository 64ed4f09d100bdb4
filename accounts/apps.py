"""The accounts app: who you are and what you may spend. It knows nothing of pictures."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, credits, tokens."""

    name = "accounts"
    verbose_name = _("Accounts")
