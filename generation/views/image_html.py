"""The HTML of images in pages."""

from html import escape

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from generation.files import storage
from generation.imaging.image_copies import LARGE_SIDE, THUMBNAIL_SIDE, width_within
from generation.models import Image

STRETCHED = 1.25  # the mean factor by which a justified row is stretched
# The width of an image in each layout, for `sizes`. In the stylesheets, two or four cards stand
# beside the form.
NARROW = "(max-width: 760px) calc(50vw - 15px), (max-width: 1100px) calc(50vw - 204px)"
LAYOUTS = {
    "feed": f"{NARROW}, (max-width: 1232px) calc(50vw - 240px), calc(25vw - 124px)",
    "feed-wide": f"{NARROW}, (max-width: 1751px) calc(50vw - 240px), calc(25vw - 124px)",
    "alone": "(max-width: 760px) 100vw, 50vw",
    "compared": "50vw",
    "tile": "(max-width: 760px) calc(25vw - 14px), (max-width: 1100px) 12vw, 9vw",
}
ROWS = {  # px of height: on phones, elsewhere
    "row": (132, 208),
    "row-small": (88, 132),
    "row-large": (264, 336),
    "row-tall": (150, 264),
}


def img(
    image: Image, *, layout: str, alt: str = "", eager: bool = False, name: str = "card-picture"
) -> SafeString:
    """Render the image's copies as one `<img>`; `layout` is one of LAYOUTS or ROWS.

    `eager`: it is on the first screen. Lists never load the file itself.
    """
    address = storage.url(image.thumbnail_key)
    copies, loading = "", "" if eager else ' loading="lazy"'
    if image.large_key:
        # Below the first screen, browsers that can measure the image themselves.
        sizes = f"{'' if eager else 'auto, '}{_sizes(image, layout)}"
        large = storage.url(image.large_key)
        small_width, large_width = (
            width_within(side, width=image.width, height=image.height)
            for side in (THUMBNAIL_SIDE, LARGE_SIDE)
        )
        copies = (
            f' srcset="{escape(address)} {small_width}w, {escape(large)} {large_width}w"'
            f' sizes="{sizes}"'
        )
    return mark_safe(
        f'<img class="{name}"{copies} src="{escape(address)}" alt="{escape(alt)}"'
        f' width="{image.width}"'
        f' height="{image.height}"{loading} decoding="async">'
    )


def sample_img(address: str, name: str) -> SafeString:
    """Render the sample image of a model or style, or the first letter of its name without one."""
    if not address:
        return format_html(
            '<span class="sample sample-letter" aria-hidden="true">{}</span>', name[:1]
        )
    return format_html(
        '<img class="sample" src="{}" alt="" width="176" height="176" loading="lazy"'
        ' decoding="async">',
        address,
    )


def srcset(image: Image, *, seconds: int | None = None) -> str:
    """Return the URLs and widths of the copies, "" if there is only one.

    `seconds`: lifetime of the URLs (0: no copies).
    """
    if not image.large_key or seconds == 0:
        return ""
    copies = [(image.thumbnail_key, THUMBNAIL_SIDE), (image.large_key, LARGE_SIDE)]
    return ", ".join(
        f"{storage.url(key, seconds=seconds)}"
        f" {width_within(side, width=image.width, height=image.height)}w"
        for key, side in copies
    )


def _sizes(image: Image, layout: str) -> str:
    if layout not in ROWS:
        return LAYOUTS[layout]
    narrow, wide = (
        round(STRETCHED * height * image.width / image.height) for height in ROWS[layout]
    )
    return f"(max-width: 760px) {narrow}px, {wide}px"
