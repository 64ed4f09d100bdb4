"""Rows that staff read and never edit, and pieces of their pages."""

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from generation.files import storage
from generation.models import Image

THUMBNAIL_SIDE = 120  # CSS pixels
M = TypeVar("M", bound=Model)


class Media:
    """What these pages need besides Django's own."""

    css = {"all": ["generation/admin.css"]}


class ReadOnlyModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list and a page to read; nothing is added, changed or deleted here."""

    Media = Media
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows of another table below, to read."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits."""
        return False


def thumbnail(image: Image) -> SafeString:
    """Return the picture, small, as a link to the whole file."""
    scale = THUMBNAIL_SIDE / max(image.width, image.height, 1)
    return format_html(
        '<a href="{}" target="_blank" rel="noopener"><img src="{}" alt="{}" width="{}" height="{}" loading="lazy"></a>',
        storage.url(image.key),
        storage.url(image.thumbnail_key),
        _("Open image"),
        max(1, round(image.width * scale)),
        max(1, round(image.height * scale)),
    )


def preformatted(text: str) -> SafeString:
    """Return long text, a vendor's reply or JSON, with its line breaks."""
    return format_html('<pre class="words">{}</pre>', text) if text else SafeString("")
