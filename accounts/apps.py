"""The accounts app: who you are and what you may spend. It knows nothing of pictures."""

from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, credits, tokens."""

    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Let what is remembered of a user end with each change of the row."""
        from accounts import token_cache  # noqa: PLC0415 it needs the models

        post_save.connect(token_cache.forget_saved, sender=self.get_model("User"))
