"""Comparison sheets, and the lists of words that prompts use."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.models.owned import DeletableQuerySet, NamedRow, deleted_index, name_once_per_user

LIST_NAME_MAX = 40


class Sheet(models.Model):
    """The arrangement of jobs that were placed together to compare them; its id is their batch.

    `rows` and `columns` are the heads: for each a list of `{"by", "value", "text"}`, the varied
    parameter, its value, and how it was named then. `jobs` are the ids of the cells, row by row.
    Only `comparison_order` and `cells` of `studio.comparisons` write it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="sheets",
        verbose_name=_("user"),
    )
    prompt = models.TextField(_("prompt"))  # as typed, with its alternatives
    rows = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    jobs = models.JSONField(default=list)
    # As it was asked for, to start another one from it.
    asked = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created"))
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    objects = DeletableQuerySet.as_manager()

    class Meta:
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")
        ordering = ["-id"]
        indexes = [
            models.Index(name="sheet_of_user", fields=["user", "-id"]),
            deleted_index("sheet"),
        ]

    def __str__(self) -> str:
        return self.prompt[:60]


class WordList(NamedRow):
    """A user's list of alternatives; `__name__` in a prompt stands for its entries."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="word_lists",
        verbose_name=_("user"),
    )
    name = models.CharField(_("name"), max_length=LIST_NAME_MAX)
    folded_name = models.CharField(max_length=3 * LIST_NAME_MAX, editable=False)
    entries = models.JSONField(_("entries"), default=list)

    objects = DeletableQuerySet.as_manager()

    class Meta:
        verbose_name = _("word list")
        verbose_name_plural = _("word lists")
        ordering = ["folded_name", "id"]
        constraints = [name_once_per_user("word_list")]
        indexes = [deleted_index("word_list")]
