"""The accounts app: users, credits and tokens. It knows nothing about images."""

from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Drop a user from the token cache whenever the row is saved."""
        from accounts.tokens import token_cache  # noqa: PLC0415 it needs the models

        post_save.connect(token_cache.forget_saved, sender=self.get_model("User"))
