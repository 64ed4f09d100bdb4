"""The accounts app: users, credits and tokens. It knows nothing about images."""

from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Configuration of the app."""

    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Register the checks; drop a user from the token cache whenever the row is saved."""
        from accounts import checks, token_cache  # noqa: F401, PLC0415 needs the models

        post_save.connect(token_cache.forget_saved, sender=self.get_model("User"))
