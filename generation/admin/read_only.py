"""Base classes of read-only admin pages, and parts of them."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import TabularInline

from artgen.admin.audited import AuditedAdmin
from generation.files import storage
from generation.models import Image

THUMBNAIL_SIDE = 120  # CSS pixels
M = TypeVar("M", bound=Model)


class Media:
    """The stylesheet of the admin pages."""

    css = {"all": ["generation/admin.css"]}


class ReadOnlyModelAdmin(AuditedAdmin):
    """An admin without adding, changing and deleting."""

    Media = Media
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False


class ReadOnlyInline(TabularInline):  # type: ignore[type-arg]
    """A read-only inline table."""

    extra = 0
    show_title = False
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False


def thumbnail(image: Image) -> SafeString:
    """Return the thumbnail as a link to the file."""
    scale = THUMBNAIL_SIDE / max(image.width, image.height, 1)
    return format_html(
        '<a href="{}" target="_blank" rel="noopener">'
        '<img src="{}" alt="{}" width="{}" height="{}" loading="lazy"></a>',
        storage.url(image.key),
        storage.url(image.thumbnail_key),
        _("Open image"),
        max(1, round(image.width * scale)),
        max(1, round(image.height * scale)),
    )


def preformatted(text: str) -> SafeString:
    """Return long text, such as JSON, with its line breaks."""
    return format_html('<pre class="words">{}</pre>', text) if text else SafeString("")
