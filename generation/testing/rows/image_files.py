"""Image files of every kind that is kept, for the tests of what is done to files."""

import io

from PIL import Image, ImageCms
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

SECRET = "a secret lighthouse"
FOREIGN_XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret>{SECRET}</secret></x:xmpmeta>'.encode()
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ON_ITS_SIDE = 6


def encoded(
    form: str, mode: str = "RGB", *, size: tuple[int, int] = (40, 30), **options: object
) -> bytes:
    """Return the file of some noise."""
    file = io.BytesIO()
    image = Pillow.merge("RGBA", [Pillow.effect_noise(size, 60) for _band in "RGBA"]).convert(mode)
    image.save(file, form, **options)
    return file.getvalue()


def exif() -> Pillow.Exif:
    """Return EXIF that turns the image and tells a secret."""
    made = Pillow.Exif()
    made[0x0112], made[0x010E] = ON_ITS_SIDE, SECRET
    return made


def texts() -> PngInfo:
    """Return the texts that a worker of its own writes into a PNG, and an XMP packet."""
    info = PngInfo()
    info.add_text("parameters", f"{SECRET} " * 9, zip=True)
    info.add_itxt("Comment", SECRET)
    info.add_itxt("XML:com.adobe.xmp", FOREIGN_XMP.decode(), zip=True)
    return info


def mpo() -> bytes:
    """Return a camera's JPEG with a second view behind it."""
    file = io.BytesIO()
    first, second = Pillow.new("RGB", (40, 30), "red"), Pillow.new("RGB", (20, 15), "blue")
    first.save(file, "MPO", save_all=True, append_images=[second])
    return file.getvalue()


FILES = {
    "PNG": encoded("PNG"),
    "PNG, transparent": encoded("PNG", "RGBA"),
    "PNG, palette": encoded("PNG", "P", transparency=3),
    "PNG, gray": encoded("PNG", "L"),
    "PNG, tagged": encoded(
        "PNG", pnginfo=texts(), exif=exif(), icc_profile=PROFILE, dpi=(300, 300)
    ),
    "JPEG": encoded("JPEG"),
    "JPEG, gray": encoded("JPEG", "L"),
    "JPEG, CMYK": encoded("JPEG", "CMYK"),
    "JPEG, progressive": encoded("JPEG", progressive=True),
    "JPEG, restarts": encoded("JPEG", size=(100, 90), restart_marker_rows=1),
    "JPEG, tagged": encoded(
        "JPEG", comment=SECRET.encode(), exif=exif(), xmp=FOREIGN_XMP, icc_profile=PROFILE
    ),
    "JPEG, two views": mpo(),
    "WEBP": encoded("WEBP"),
    "WEBP, lossless": encoded("WEBP", lossless=True),
    "WEBP, transparent": encoded("WEBP", "RGBA"),
    "WEBP, lossless, transparent": encoded("WEBP", "RGBA", lossless=True),
    "WEBP, tagged": encoded("WEBP", exif=exif(), xmp=FOREIGN_XMP, icc_profile=PROFILE),
    "WEBP, tagged, transparent": encoded("WEBP", "RGBA", exif=exif(), xmp=FOREIGN_XMP),
}


def png(size=(64, 48)) -> bytes:
    return png_of(Pillow.new("RGB", size, "#935600"))


def png_of(image: Pillow.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def noise(width: int, height: int, *, mode: str = "RGB", format: str = "PNG", **options) -> bytes:
    """Return what compresses worst."""
    bands = [Image.effect_noise((width, height), 90 + number) for number in range(len(mode))]
    file = io.BytesIO()
    Image.merge(mode, bands).save(file, format, **{"compress_level": 1, **options})
    return file.getvalue()
