"""Mailboxes that have opened an account."""

from django.db import models


class OpenedMailbox(models.Model):
    """A mailbox that has opened an account by itself. `accounts.access.sign_up_rules` writes it.

    Only a keyed hash, so that the address of an erased account is not kept.
    """

    digest = models.CharField(max_length=64, primary_key=True)

    def __str__(self) -> str:
        return self.digest[:8]
