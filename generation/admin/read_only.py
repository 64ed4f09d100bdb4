"""What the admin pages of this app share: stylesheet, thumbnail, long text."""

from typing import TypeVar

from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from artgen.admin.read_only import ReadOnlyAdmin
from generation.files import storage
from generation.models import Image

THUMBNAIL_SIDE = 120  # CSS pixels
M = TypeVar("M", bound=Model)


class Media:
    """The stylesheet of the admin pages."""

    css = {"all": ["generation/admin.css"]}


class ReadOnlyModelAdmin(ReadOnlyAdmin):
    """Rows that cannot be changed, with this stylesheet and without their total count."""

    Media = Media
    show_full_result_count = False


def thumbnail(image: Image) -> SafeString:
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
