"""What users keep for the composer: presets, own styles, favorite models."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.models.image_models import ImageModel
from generation.models.owned import DeletableQuerySet, NamedRow, deleted_index, name_once_per_user

PRESET_NAME_MAX = 60
STYLE_NAME_MAX = 40
STYLE_TEXT_MAX = 500
OWN_STYLE_PREFIX = "own-"


class ArrangedQuerySet[Row: models.Model](DeletableQuerySet[Row]):
    def in_order(self) -> Self:
        """Sort as their owner has arranged them."""
        return self.order_by("position", "id")


class Preset(NamedRow):
    """Values of the composer under a name; a prompt and source images are not among them."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets"
    )
    name = models.CharField(_("name"), max_length=PRESET_NAME_MAX)
    # Case-folded in Python, as `Collection.folded_name`.
    folded_name = models.CharField(max_length=3 * PRESET_NAME_MAX, editable=False)
    # Texts of the composer's fields, as `studio.forms.presets.values_of` returns them.
    values = models.JSONField(default=dict)
    # Those before the last update, which undo restores; NULL: it was never updated.
    previous_values = models.JSONField(null=True, editable=False)
    position = models.PositiveIntegerField(default=0)
    # The secret of its link; NULL: not shared.
    link_slug = models.CharField(max_length=32, unique=True, null=True, editable=False)

    objects = ArrangedQuerySet.as_manager()

    class Meta:
        verbose_name = _("preset")
        verbose_name_plural = _("presets")
        ordering = ["position", "id"]
        constraints = [name_once_per_user("preset")]
        indexes = [deleted_index("preset")]


class OwnStyle(NamedRow):
    """A user's own style: texts around the prompt and for the negative prompt.

    A job keeps the texts in its snapshot, so it stays right when the style changes or is deleted.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="own_styles"
    )
    name = models.CharField(_("name"), max_length=STYLE_NAME_MAX)
    folded_name = models.CharField(max_length=3 * STYLE_NAME_MAX, editable=False)
    template = models.CharField(_("text"), max_length=STYLE_TEXT_MAX)
    negative = models.CharField(_("negative text"), max_length=STYLE_TEXT_MAX, blank=True)
    position = models.PositiveIntegerField(default=0)

    objects = ArrangedQuerySet.as_manager()

    class Meta:
        verbose_name = _("own style")
        verbose_name_plural = _("own styles")
        ordering = ["position", "id"]
        constraints = [name_once_per_user("own_style")]
        indexes = [deleted_index("own_style")]

    @property
    def slug(self) -> str:
        """Its identifier in forms, requests and jobs, like the slugs of built-in styles."""
        return f"{OWN_STYLE_PREFIX}{self.id.hex}"


class FavoriteModel(models.Model):
    """A model that the user wants to see first."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favorite_models"
    )
    model = models.ForeignKey(ImageModel, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="favorite_model_once_per_user", fields=["user", "model"])
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.model_id}"
