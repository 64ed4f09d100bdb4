"""Copies of shared images that users have saved to their galleries."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from generation.models.images import Image
from generation.models.jobs import Job
from generation.models.owned import OwnedQuerySet


class SavedImageQuerySet(OwnedQuerySet["SavedImage"]):
    def unfinished(self) -> "SavedImageQuerySet":
        """Keep those whose files are being copied, or were when their process died."""
        return self.filter(image__isnull=True)


class SavedImage(models.Model):
    """Where a user's copy of a shared image is from, and what the shared page showed of it then.

    Inserted before its files; the image, which has the same id, follows them. It has no job: it
    was not generated for its owner and cost nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_images"
    )
    # NULL until the files are copied.
    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="saved", null=True)
    # The original. NULL: it has been deleted, or the copy no longer stands for it.
    source = models.ForeignKey(
        Image, on_delete=models.SET_NULL, related_name="saved_copies", null=True
    )
    # The owner of the original if the page showed their name.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True
    )
    prompt = models.TextField(gettext_lazy("prompt"), blank=True, default="")
    # `Job.shareable_parameters` of the original, and its seed. NULL: the page did not show them.
    parameters = models.JSONField(null=True)
    created_at = models.DateTimeField(gettext_lazy("saved"))

    objects = SavedImageQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("saved image")
        verbose_name_plural = gettext_lazy("saved images")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="image_saved_once_per_user", fields=["user", "source"])
        ]
        indexes = [
            models.Index(
                name="saved_image_unfinished",
                fields=["created_at"],
                condition=Q(image__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def author_name(self) -> str:
        """The name of the original's owner, "" if it is not shown or the account is closed."""
        return self.author.name if self.author and self.author.is_active else ""

    @property
    def source_text(self) -> str:
        """Where it is from, for people: "Saved from Alice"."""
        if name := self.author_name:
            return _("Saved from %(author)s") % {"author": name}
        return _("Saved from a shared link")

    def as_job(self, image: Image) -> Job:
        """Return a job that is not in the database, with the parameters of the original.

        It has no model and no prompt if the owner of the original did not show them.
        """
        shown = {
            name: value for name, value in (self.parameters or {}).items() if value is not None
        }
        size = {"width": image.width, "height": image.height}
        return Job(
            user_id=image.user_id,
            created_at=image.created_at,
            **({"seed": 0} | size | shown | {"prompt": self.prompt, "model_id": image.model_id}),
        )
