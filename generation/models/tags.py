"""Tags: words by which a user finds images again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.models.images import Image
from generation.models.owned import OwnedQuerySet

TAG_MAX = 40


class TagQuerySet(OwnedQuerySet["Tag"]):
    def by_name(self) -> "TagQuerySet":
        return self.order_by("folded_name")


class Tag(models.Model):
    """A tag of one user, in its first spelling; only that user sees it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags", db_index=False
    )
    name = models.CharField(_("name"), max_length=TAG_MAX)
    # Case-folded in Python, as that of a collection.
    folded_name = models.CharField(max_length=3 * TAG_MAX, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["folded_name"]
        constraints = [
            models.UniqueConstraint(name="tag_once_per_user", fields=["user", "folded_name"])
        ]

    def __str__(self) -> str:
        return self.name


class ImageTag(models.Model):
    """A tag of an image: the index of `Image.tags`, written with it."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="members", db_index=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="image_tags")

    class Meta:
        # A backward scan of its index also lists a tag's images, newest first.
        constraints = [models.UniqueConstraint(name="tag_once_per_image", fields=["tag", "image"])]

    def __str__(self) -> str:
        return f"{self.tag_id} {self.image_id}"
