"""Images in the bucket, and source images that users upload."""

from datetime import datetime, timedelta
from typing import Protocol, cast

from django.conf import settings
from django.contrib.postgres.indexes import HashIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from generation.models.image_models import ImageModel
from generation.models.jobs import Job
from generation.models.owned import OwnedQuerySet


class Visibility(models.TextChoices):
    """Who may see an image."""

    PRIVATE = "private", _("private")  # its owner
    LINK = "link", _("by link")  # anyone with the link
    PUBLIC = "public", _("public")  # everyone, on /explore/


def trash_begins() -> datetime:
    """Return the time since when trashed images can be restored."""
    return timezone.now() - timedelta(days=settings.TRASH_DAYS)


class ImageQuerySet(OwnedQuerySet["Image"]):
    def kept(self) -> "ImageQuerySet":
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> "ImageQuerySet":
        return self.filter(trashed_at__isnull=False)

    def in_trash(self, *, since: datetime | None = None) -> "ImageQuerySet":
        """Keep trashed ones that their owner can still restore: since `trash_begins()`."""
        return self.filter(trashed_at__gt=trash_begins() if since is None else since)

    def present(self, *, since: datetime | None = None) -> "ImageQuerySet":
        """Exclude permanently deleted ones, whose rows and files may still exist for a while.

        These were trashed before `since`, by default `trash_begins()`.
        """
        since = trash_begins() if since is None else since
        return self.filter(Q(trashed_at__isnull=True) | Q(trashed_at__gt=since))

    def with_origin(self) -> "ImageQuerySet":
        """Fetch with what `Image.origin` needs: the job, or what a saved copy is of."""
        return self.select_related("job", "saved__author", "model")

    def newest_first(self) -> "ImageQuerySet":
        """Sort by id, which is chronological."""
        return self.order_by("-id")


_ImageManager = models.Manager.from_queryset(ImageQuerySet)


class ImageManager(_ImageManager["Image"]):
    """Fetches images without `words`, which only the database reads."""

    def get_queryset(self) -> ImageQuerySet:
        return cast(ImageQuerySet, super().get_queryset().defer("words"))


class Image(models.Model):
    """An image in the bucket. sha256, size and length are those of the file that its URL serves."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="images"
    )
    # NULL: a copy of another user's shared image (`SavedImage`).
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="images", null=True)
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=200)
    thumbnail_key = models.CharField(max_length=200)
    # Empty if the image is small or was made by a version without it.
    large_key = models.CharField(max_length=200, blank=True, default="", db_default="")
    placeholder = models.CharField(max_length=400)  # data: URI of a tiny WebP
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    bytes = models.PositiveIntegerField(_("bytes"))
    content_type = models.CharField(max_length=30)
    sha256 = models.CharField(max_length=64)
    # Seed and model are NULL only for a saved copy whose original is shown without parameters.
    seed = models.BigIntegerField(_("seed"), null=True)
    # Copied from the job, where they never change, so that one index serves all gallery filters.
    model = models.ForeignKey(
        ImageModel, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    style = models.CharField(_("style"), max_length=50, blank=True, default="", db_default="")
    sourced = models.BooleanField(_("made from an image"), default=False, db_default=False)
    # What the owner wrote about it; nobody else sees it.
    note = models.TextField(_("note"), blank=True, default="", db_default="")
    # The names of its tags, one a line, in the order in which they were added: lists of images and
    # the search read this copy of `image_tags`. `gallery.tags` writes both.
    tags = models.TextField(_("tags"), blank=True, default="", db_default="", editable=False)
    # Written by triggers.
    words = SearchVectorField(null=True, editable=False)
    favorite = models.BooleanField(_("favorite"), default=False)
    visibility = models.CharField(
        _("visibility"), max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    # The share link: its secret slug, its expiration (NULL: none), and what its page shows.
    link_slug = models.CharField(max_length=32, unique=True, null=True, editable=False)
    link_until = models.DateTimeField(_("link works until"), null=True, blank=True)
    link_parameters = models.BooleanField(
        _("link shows prompt and parameters"), default=False, db_default=False
    )
    link_name = models.BooleanField(
        _("link shows the owner’s name"), default=False, db_default=False
    )
    trashed_at = models.DateTimeField(_("in the trash since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    objects = ImageManager()

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="image_once_per_job", fields=["job", "position"])
        ]
        indexes = [
            # Covers lists, filters and counts (index-only scans); keep it to their columns. It is
            # ascending and scanned backwards: inserting at the lower end leaves pages half empty.
            models.Index(
                name="image_shelf",
                fields=["user", "id"],
                include=["created_at", "favorite", "model", "style", "sourced", "width", "height"],
                condition=Q(trashed_at__isnull=True),
            ),
            models.Index(
                name="image_favorites",
                fields=["user", "id"],
                include=["created_at", "model", "style", "sourced", "width", "height"],
                condition=Q(trashed_at__isnull=True, favorite=True),
            ),
            # The models and styles of a user's images. Equal keys are stored once: both are tiny.
            models.Index(
                name="image_models", fields=["user", "model"], condition=Q(trashed_at__isnull=True)
            ),
            models.Index(
                name="image_styles", fields=["user", "style"], condition=Q(trashed_at__isnull=True)
            ),
            HashIndex(name="image_sha256", fields=["sha256"]),
            models.Index(
                name="image_trashed", fields=["trashed_at"], condition=Q(trashed_at__isnull=False)
            ),
            models.Index(
                name="image_trash_of_user",
                fields=["user", "-trashed_at", "-id"],
                condition=Q(trashed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def keys(self) -> list[str]:
        """The keys of all its files, the original first."""
        return [key for key in (self.key, self.thumbnail_key, self.large_key) if key]

    @property
    def is_saved(self) -> bool:
        """Whether it is a copy of another user's shared image."""
        return self.job_id is None

    @property
    def origin(self) -> Job:
        """The job that made it; of a saved copy `SavedImage.as_job`. Fetch with `with_origin`."""
        job: Job = self.job or self.saved.as_job(self)
        if self.model is not None:
            job.model = self.model  # the same row, fetched once
        return job

    @property
    def prompt(self) -> str:
        """Its prompt, "" if it is a copy whose original is shown without it."""
        return self.job.prompt if self.job else self.saved.prompt

    @property
    def has_parameters(self) -> bool:
        """Whether its owner knows its prompt and parameters: not those of some saved copies."""
        return self.job_id is not None or self.saved.parameters is not None

    @property
    def has_link(self) -> bool:
        """Whether there is a link that has not expired; it is off while the image is trashed."""
        return has_link(self)

    @property
    def seen_by(self) -> Visibility:
        """Who may see the image now: `visibility`, unless the link has expired."""
        return seen_by(self)


class TaggedRow(Protocol):
    tags: str


class LinkedRow(Protocol):
    link_slug: str | None
    link_until: datetime | None


class SharedRow(LinkedRow, Protocol):
    visibility: str


def tag_names(image: TaggedRow) -> list[str]:
    """Return the names of the tags of an image, or of a row with its columns."""
    return image.tags.split("\n") if image.tags else []


def seen_by(image: SharedRow) -> Visibility:
    """Return `Image.seen_by` of an image, or of a row with its columns."""
    if image.visibility == Visibility.LINK and not has_link(image):
        return Visibility.PRIVATE
    return Visibility(image.visibility)


def has_link(image: LinkedRow) -> bool:
    return image.link_slug is not None and (
        image.link_until is None or image.link_until > timezone.now()
    )


class UploadQuerySet(OwnedQuerySet["Upload"]):
    def usable(self) -> "UploadQuerySet":
        return self.filter(expired_at__isnull=True)


class Upload(models.Model):
    """A source image that a user uploaded."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads"
    )
    key = models.CharField(max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    content_type = models.CharField(max_length=30)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    # No job used it in time: no new job may, and its file is being deleted, then the row.
    expired_at = models.DateTimeField(null=True, editable=False)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.id)
