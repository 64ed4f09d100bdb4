"""The HTML of images in pages."""

from html import escape

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from generation.files import storage
from generation.files.image_addresses import srcset
from generation.imaging.image_copies import THUMBNAIL_SIDE
from generation.views.tiles import TileImage

STRETCHED = 1.25  # the mean factor by which a justified row is stretched
SOFT = 2**0.5  # px of a thumbnail per CSS px; below, browsers of pixel ratio 2 choose a larger copy
LAZY = ' loading="lazy"'
WEBP = "data:image/webp;base64,"
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
    image: TileImage,
    *,
    layout: str,
    alt: str = "",
    eager: bool = False,
    name: str = "card-image",
) -> SafeString:
    """Render the image's copies as one `<img>`; `layout` is one of LAYOUTS or ROWS.

    `eager`: it is on the first screen. Lists never load the file itself.
    """
    copies, loading = "", "" if eager else LAZY
    if widths := srcset(image):
        # Below the first screen, browsers that can measure the image themselves.
        sizes = f"{'' if eager else 'auto, '}{_sizes(image, layout)}"
        copies = f' srcset="{escape(widths)}" sizes="{sizes}"'
    return mark_safe(
        f'<img class="{name}"{copies} src="{escape(storage.url(image.thumbnail_key))}"'
        f' alt="{escape(alt)}" width="{image.width}"'
        f' height="{image.height}"{loading} decoding="async">'
    )


def lean_img(image: TileImage, *, layout: str, eager: bool) -> SafeString:
    """Render the thumbnail and, as data, what js/image_controls.js and js/copies.js need.

    The larger copy is for screens of pixel ratio 2 where the thumbnail would look soft, and for the
    lightbox.
    """
    address, large = storage.url(image.thumbnail_key), ""
    if image.large_key:
        copy = storage.url(image.large_key)
        large = f' data-large="{_rest(copy, address)}"'
        if _is_soft(image, layout):
            large = f' srcset="{escape(copy)} 2x"' if eager else f"{large} data-soft"
    blur = escape(image.placeholder.removeprefix(WEBP))
    return mark_safe(
        f'<img class="card-image" data-blur="{blur}" src="{escape(address)}"{large}'
        f' alt="" width="{image.width}" height="{image.height}"'
        f"{'' if eager else LAZY}>"
    )


def _is_soft(image: TileImage, layout: str) -> bool:
    if layout not in ROWS:
        return layout != "feed"
    height = THUMBNAIL_SIDE * image.height / max(image.width, image.height)
    return height < SOFT * STRETCHED * ROWS[layout][1]


def _rest(large: str, small: str) -> str:
    """Return the signature of the larger copy's URL if all else follows from the thumbnail's.

    Return "" if they have one signature.
    """
    known, _sign, signature = large.rpartition("=")
    small_known, _sign, small_signature = small.rpartition("=")
    if known != small_known.replace(".webp?", "-large.webp?"):
        return escape(large)
    return "" if signature == small_signature else escape(signature)


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


def _sizes(image: TileImage, layout: str) -> str:
    if layout not in ROWS:
        return LAYOUTS[layout]
    narrow, wide = (
        round(STRETCHED * height * image.width / image.height) for height in ROWS[layout]
    )
    return f"(max-width: 760px) {narrow}px, {wide}px"
