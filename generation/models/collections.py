"""Collections: named groups of a user's images. An image can be in several."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.models.images import Image, has_link
from generation.models.owned import DeletableQuerySet, NamedRow, deleted_index, name_once_per_user

NAME_MAX = 80


class CollectionQuerySet(DeletableQuerySet["Collection"]):
    def by_name(self) -> "CollectionQuerySet":
        return self.order_by("folded_name", "id")


class Collection(NamedRow):
    """A named group of one user's images. Deleting it keeps the images."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="collections",
        verbose_name=_("user"),
    )
    name = models.CharField(_("name"), max_length=NAME_MAX)
    # Case-folded in Python: PostgreSQL folds what its locale supports. "ß" becomes two letters.
    folded_name = models.CharField(max_length=3 * NAME_MAX, editable=False)
    images = models.ManyToManyField(Image, through="CollectionImage", related_name="collections")
    # The share link, as that of an image.
    link_slug = models.CharField(max_length=32, unique=True, null=True, editable=False)
    link_until = models.DateTimeField(_("link works until"), null=True, blank=True)
    link_parameters = models.BooleanField(
        _("link shows prompts and parameters"), default=False, db_default=False
    )
    link_name = models.BooleanField(
        _("link shows the owner’s name"), default=False, db_default=False
    )

    objects = CollectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["folded_name", "id"]
        constraints = [name_once_per_user("collection")]
        indexes = [deleted_index("collection")]

    @property
    def has_link(self) -> bool:
        return has_link(self)


class CollectionImage(models.Model):
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="memberships")
    added_at = models.DateTimeField(_("added"))

    class Meta:
        # A backward scan of its index also lists a collection's images, newest first.
        constraints = [
            models.UniqueConstraint(
                name="image_once_per_collection", fields=["collection", "image"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.collection_id} {self.image_id}"
