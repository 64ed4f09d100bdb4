"""Files of painted images, which say who painted them."""

from __future__ import annotations

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generation.demo.painter_mark import PNG_KEYWORD, XMP

from .request import PaintRequest

SOFTWARE = "ArtGen demo painter (not an AI model)"
_EXIF_DESCRIPTION, _EXIF_SOFTWARE = 0x010E, 0x0131


def encode(image: Image.Image, request: PaintRequest) -> bytes:
    """Return the encoded image; its metadata has the painter's name, the prompt and the seed.

    Both say in XMP that no trained model made it. PNG: text chunks Software, Description and Seed.
    JPEG: a comment and the EXIF tags Software and ImageDescription.
    """
    out = io.BytesIO()
    if request.format == "png":
        chunks = PngInfo()
        chunks.add_itxt(PNG_KEYWORD, XMP.decode())
        chunks.add_itxt("Software", SOFTWARE)
        chunks.add_itxt("Description", request.prompt)
        chunks.add_itxt("Seed", str(request.seed))
        # Grain does not compress, so a higher level only costs time.
        image.save(out, "PNG", compress_level=1, pnginfo=chunks)
        return out.getvalue()
    exif = Image.Exif()
    exif[_EXIF_SOFTWARE] = SOFTWARE
    exif[_EXIF_DESCRIPTION] = f"{request.prompt} (seed {request.seed})"
    comment = f"{SOFTWARE}; seed {request.seed}".encode()
    image.save(out, "JPEG", quality=92, subsampling=0, comment=comment, exif=exif, xmp=XMP)
    return out.getvalue()
