"""Calls of the prompt helper that are under way and hold credits."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PromptCall(models.Model):
    """A call whose credits are held; its id is the reference in the ledger. No text is stored.

    The row is deleted when the call ends. One that is older than `expires_at` belongs to a process
    that was killed: the cleanup returns its credits. `prompt_helper.charges` is the only writer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="prompt_calls",
        verbose_name=_("user"),
    )
    expires_at = models.DateTimeField(_("expires at"))

    class Meta:
        verbose_name = _("prompt call")
        verbose_name_plural = _("prompt calls")

    def __str__(self) -> str:
        return str(self.id)
