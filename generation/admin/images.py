"""The admin of images, collections and uploads, to read."""

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from artgen import formatting
from generation.admin.read_only import ReadOnlyModelAdmin, thumbnail
from generation.files import storage
from generation.gallery import sharing
from generation.models import Collection, Image, Upload, Visibility

COVERS = 12  # thumbnails on the page of a collection


@admin.register(Image)
class ImageAdmin(ReadOnlyModelAdmin):
    """Generated images."""

    menu_section = "content"
    menu_icon = "image"
    list_display = (
        "picture",
        "user",
        "of_job",
        "size",
        "file_size",
        "seen_by",
        "trashed_at",
        "created_at",
    )
    list_display_links = ("created_at",)
    list_filter = ("visibility", ("trashed_at", admin.EmptyFieldListFilter), "created_at")
    list_per_page = 50
    list_select_related = ("user", "job")
    search_fields = ("user__email", "job__prompt", "=sha256")
    ordering = ("-id",)
    actions = ("stop_sharing",)
    fields = (
        "picture",
        "user",
        "of_job",
        "position",
        ("width", "height", "bytes", "content_type"),
        "seed",
        "favorite",
        "visibility",
        "link_until",
        "trashed_at",
        "created_at",
        "key",
        "thumbnail_key",
        "sha256",
    )
    readonly_fields = ("picture", "of_job")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may stop sharing images."""
        return request.user.has_perm("generation.change_image")

    @admin.action(description=_("Make private"), permissions=["stop"])
    def stop_sharing(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        """Turn off links and publications; the owners keep the images."""
        count = 0
        for image in queryset.exclude(visibility=Visibility.PRIVATE).order_by("id"):
            sharing.make_private(image)
            self.log_change(request, image, "sharing stopped")
            count += 1
        text = ngettext(
            "%(count)d image is now private.", "%(count)d images are now private.", count
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.display(description=_("image"))
    def picture(self, image: Image) -> SafeString:
        """Return the thumbnail."""
        return thumbnail(image)

    @admin.display(description=_("visibility"), ordering="visibility")
    def seen_by(self, image: Image) -> str:
        """Return the effective visibility."""
        return str(image.seen_by.label)

    @admin.display(description=_("job"))
    def of_job(self, image: Image) -> SafeString:
        """Return a link to the job."""
        address = reverse("admin:generation_job_change", args=[image.job_id])
        return format_html('<a href="{}">{}</a>', address, image.job.prompt[:60])

    @admin.display(description=_("size"))
    def size(self, image: Image) -> str:
        """Return width and height."""
        return f"{image.width} × {image.height}"

    @admin.display(description=_("file"), ordering="bytes")
    def file_size(self, image: Image) -> str:
        """Return the bytes in words."""
        return formatting.file_size(image.bytes)


@admin.register(Collection)
class CollectionAdmin(ReadOnlyModelAdmin):
    """Collections of users."""

    menu_section = "content"
    menu_icon = "photo_library"
    list_display = ("name", "user", "held", "deleted_at", "created_at")
    list_filter = (("deleted_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "name")
    ordering = ("-id",)
    fields = ("name", "user", "held", "covers", "deleted_at", "created_at")
    readonly_fields = ("held", "covers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        """Annotate the number of images."""
        rows: QuerySet[Collection] = super().get_queryset(request)
        return rows.annotate(holds=Count("members"))

    @admin.display(description=_("images"), ordering="holds")
    def held(self, collection: Collection) -> int:
        """Return the number of images, trashed ones included."""
        return int(getattr(collection, "holds", 0))

    @admin.display(description=_("newest"))
    def covers(self, collection: Collection) -> SafeString:
        """Return the thumbnails of its newest images."""
        newest = collection.images.order_by("-id")[:COVERS]
        return format_html_join(" ", "{}", ((thumbnail(image),) for image in newest))


@admin.register(Upload)
class UploadAdmin(ReadOnlyModelAdmin):
    """Source images uploaded by users."""

    menu_section = "content"
    menu_icon = "upload_file"
    list_display = ("id", "user", "size", "file_size", "content_type", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("user",)
    search_fields = ("user__email", "=sha256")
    ordering = ("-id",)
    fields = (
        "id",
        "file",
        "user",
        ("width", "height", "bytes", "content_type"),
        "created_at",
        "key",
        "sha256",
    )
    readonly_fields = ("id", "file")

    @admin.display(description=_("file"))
    def file(self, upload: Upload) -> SafeString:
        """Return a link to the file."""
        return format_html(
            '<a href="{}" target="_blank" rel="noopener">{}</a>',
            storage.url(upload.key),
            upload.key,
        )

    @admin.display(description=_("size"))
    def size(self, upload: Upload) -> str:
        """Return width and height."""
        return f"{upload.width} × {upload.height}"

    @admin.display(description=_("file"), ordering="bytes")
    def file_size(self, upload: Upload) -> str:
        """Return the bytes in words."""
        return formatting.file_size(upload.bytes)
