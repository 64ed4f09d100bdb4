"""The admin of images, collections and uploads, to read, and to stop the sharing of images."""

import re
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import CharField, Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Left
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.large_tables import LargeTableAdmin
from artgen.admin.columns import column
from artgen.admin.periods import PeriodFilter
from artgen.database.ids import first_id, parse_uuid
from artgen.web import formatting
from generation.admin.columns import thumbnail
from generation.admin.read_only import ReadOnlyModelAdmin
from generation.files import storage
from generation.gallery.sharing import share_links
from generation.models import (
    Collection,
    CollectionImage,
    Image,
    Job,
    SavedImage,
    Upload,
    Visibility,
)

COVERS = 12  # thumbnails on the page of a collection
PROMPT_START = 60  # characters
SEE_PROMPTS = "generation.view_job"
SEARCHED = timedelta(days=30)  # by words of the prompt
SHA256 = re.compile("[0-9a-fA-F]{64}")


class OwnerColumn:
    @admin.display(description=_("user"))
    def owner(self, row: Image | Collection | Upload) -> SafeString:
        address = reverse("admin:accounts_user_change", args=[row.user_id])
        return format_html('<a href="{}">{}</a>', address, row.user.email)


class FileColumns(OwnerColumn):
    @admin.display(description=_("size"))
    def size(self, row: Image | Upload) -> str:
        return f"{row.width} × {row.height}"

    @admin.display(description=_("file"), ordering="bytes")
    def file_size(self, row: Image | Upload) -> str:
        return formatting.file_size(row.bytes)

    file_type = column("content_type", _("file type"))
    file_key = column("key", _("key in the bucket"))
    file_hash = column("sha256", "SHA-256")


class FilePeriodFilter(PeriodFilter):
    """Rows of a period, or those with this file."""

    def is_exact(self, request: HttpRequest) -> bool:
        term = request.GET.get("q", "").strip()
        return bool(SHA256.fullmatch(term)) or super().is_exact(request)


class ListedImage(Protocol):
    job_id: UUID | None
    saved: SavedImage
    prompt_start: str


@admin.register(Image)
class ImageAdmin(FileColumns, LargeTableAdmin, ReadOnlyModelAdmin):
    """Generated images, and saved copies of shared ones."""

    menu_section = "content"
    menu_icon = "image"
    list_display = (
        "thumbnail",
        "owner",
        "of_job",
        "size",
        "file_size",
        "seen_by",
        "trashed_at",
        "created_at",
    )
    list_display_links = ("created_at",)
    list_filter = (FilePeriodFilter, "visibility", ("trashed_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "saved__author")
    search_fields = ("job__prompt",)
    columns_of_results = ("prompt_start", "size", "seen_by")
    search_help_text = _("ID of the image or job, SHA-256, email, or prompt of the last 30 days.")
    ordering = ("-id",)
    actions = ("stop_sharing",)
    fields = (
        "thumbnail",
        "owner",
        "of_job",
        ("size", "file_size", "file_type"),
        "seed",
        "is_favorite",
        "visibility",
        "link_until",
        "trashed_at",
        "created_at",
        "file_key",
        "thumbnail_file",
        "file_hash",
    )
    readonly_fields = (
        *("thumbnail", "owner", "of_job", "size", "file_size", "file_type", "is_favorite"),
        *("file_key", "thumbnail_file", "file_hash"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        """Annotate the start of the job's prompt, read for the rows of the page only.

        Joined, PostgreSQL reads all jobs for a filter that finds few.
        """
        rows: QuerySet[Image] = super().get_queryset(request)
        if not request.user.has_perm(SEE_PROMPTS):
            return rows.annotate(prompt_start=Cast("job", CharField()))
        prompt = Job.objects.filter(pk=OuterRef("job")).values(start=Left("prompt", PROMPT_START))
        return rows.annotate(prompt_start=Subquery(prompt))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Image], search_term: str
    ) -> tuple[QuerySet[Image], bool]:
        """Find images by an id, their file, or their user, else recent ones by the prompt."""
        term = search_term.strip()
        if row_id := parse_uuid(term):
            return queryset.filter(Q(id=row_id) | Q(job=row_id)), False
        if SHA256.fullmatch(term):
            return queryset.filter(sha256=term.lower()), False
        if not term or "@" in term:
            return super().get_search_results(request, queryset, term)
        if not request.user.has_perm(SEE_PROMPTS):
            return queryset.none(), False
        since = first_id(timezone.now() - SEARCHED)
        return queryset.filter(id__gte=since, job_id__gte=since, job__prompt__icontains=term), False

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("generation.change_image")

    @admin.action(description=_("Make private"), permissions=["stop"])
    def stop_sharing(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        count = 0
        for image in queryset.exclude(visibility=Visibility.PRIVATE).order_by("id"):
            share_links.make_private(image)
            self.log_change(request, image, "sharing stopped")
            count += 1
        text = ngettext(
            "%(count)d image is now private.", "%(count)d images are now private.", count
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.display(description=_("image"))
    def thumbnail(self, image: Image) -> SafeString:
        return thumbnail(image)

    @admin.display(description=_("visibility"), ordering="visibility")
    def seen_by(self, image: Image) -> str:
        return str(image.seen_by.label)

    @admin.display(description=_("job"))
    def of_job(self, image: ListedImage) -> SafeString:
        if image.job_id is None:
            return format_html("{}", image.saved.source_text)
        address = reverse("admin:generation_job_change", args=[image.job_id])
        return format_html('<a href="{}">{}</a>', address, image.prompt_start)

    @admin.display(description=_("favorite"))
    def is_favorite(self, image: Image) -> str:
        return gettext("yes") if image.favorite else gettext("no")

    thumbnail_file = column("thumbnail_key", _("key of the thumbnail"))


@admin.register(Collection)
class CollectionAdmin(OwnerColumn, LargeTableAdmin, ReadOnlyModelAdmin):
    menu_section = "content"
    menu_icon = "photo_library"
    list_display = ("name", "owner", "held", "deleted_at", "created_at")
    list_filter = (("deleted_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("user",)
    search_fields = ("name",)
    search_help_text = _("Email or name")
    ordering = ("-id",)
    fields = ("name", "owner", "held", "covers", "deleted_at", "created_at")
    readonly_fields = ("owner", "held", "covers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        """Annotate the number of images, counted for the rows of the page only."""
        rows: QuerySet[Collection] = super().get_queryset(request)
        members = CollectionImage.objects.filter(collection=OuterRef("pk")).order_by()
        counts = members.values("collection").annotate(number=Count("pk")).values("number")
        return rows.annotate(holds=Subquery(counts))

    def get_fields(self, request: HttpRequest, obj: Collection | None = None) -> Any:
        """Return the fields, with images for who may view these."""
        may_see = request.user.has_perm("generation.view_image")
        return [name for name in self.fields if may_see or name != "covers"]

    @admin.display(description=_("images"))
    def held(self, collection: Collection) -> int:
        """Return the number of images, trashed ones included."""
        return getattr(collection, "holds", None) or 0

    @admin.display(description=_("newest"))
    def covers(self, collection: Collection) -> SafeString:
        newest = collection.images.order_by("-id")[:COVERS]
        return format_html_join(" ", "{}", ((thumbnail(image),) for image in newest))


@admin.register(Upload)
class UploadAdmin(FileColumns, LargeTableAdmin, ReadOnlyModelAdmin):
    menu_section = "content"
    menu_icon = "upload_file"
    list_display = ("id", "owner", "size", "file_size", "file_type", "uploaded_at")
    list_filter = (FilePeriodFilter,)
    list_select_related = ("user",)
    search_fields = ("=sha256",)
    search_help_text = _("SHA-256 or email.")
    ordering = ("-id",)
    fields = (
        "id",
        "file",
        "owner",
        ("size", "file_size", "file_type"),
        "uploaded_at",
        "file_key",
        "file_hash",
    )
    readonly_fields = (
        *("id", "owner", "file", "size", "file_size", "file_type", "uploaded_at"),
        *("file_key", "file_hash"),
    )

    @admin.display(description=_("file"))
    def file(self, upload: Upload) -> SafeString:
        return format_html(
            '<a href="{}" target="_blank" rel="noopener">{}</a>',
            storage.url(upload.key),
            upload.key,
        )

    uploaded_at = column("created_at", _("uploaded"), ordering="created_at")
