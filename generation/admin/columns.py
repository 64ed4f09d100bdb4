"""What columns and fields of admin pages show: thumbnails, cut and long texts."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from generation.files import storage
from generation.models import Image

THUMBNAIL_SIDE = 120  # CSS pixels


def shortened(text: str, length: int) -> str:
    return Truncator(text).chars(length)


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
