"""The files of a request to edit images: kept as uploads, like those of our own API."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.limits import rate_limits
from accounts.models import User
from artgen.refusals import FieldError
from generation.catalog.offers import InvalidParameters
from generation.files import decoder_threads, uploads
from generation.imaging import mask_image
from generation.imaging.image_decoding import InvalidImage
from generation.models import Upload

MASK = "mask"


@dataclass(frozen=True)
class SourceFiles:
    """The images to edit, and the mask, as they were sent."""

    images: Sequence[bytes] = ()
    mask: bytes | None = None
    area_of: Callable[[bytes], bytes | None] = mask_image.gray
    """Returns our mask, white where it repaints, from theirs; None if that marks nothing."""

    @property
    def count(self) -> int:
        return len(self.images) + (self.mask is not None)

    def digest(self, *, caller: UUID, path: str, fields: Mapping[str, Any]) -> str:
        """Return the hash of a request; the boundary of its form differs each time."""
        files = [hashlib.sha256(data).hexdigest() for data in (*self.images, self.mask or b"")]
        text = json.dumps([str(caller), path, fields, files], sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def keep(self, *, user: User, kept: list[Upload]) -> None:
        """Store the images, and the mask after them, as uploads; add each to `kept`.

        Raises what `uploads.keep` raises, with the name of the field.
        """
        for data in self.images:
            kept.append(_kept(data, user=user, field="source_images"))
        if self.mask is not None:
            kept.append(_kept(self._area(self.mask), user=user, field=MASK))

    def fields(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return the fields of a job for uploads in the order of `keep`."""
        if not ids:
            return {}
        if self.mask is None:
            return {"source_images": list(ids)}
        return {"source_images": list(ids[:-1]), "mask": ids[-1]}

    def _area(self, mask: bytes) -> bytes:
        try:
            uploads.check(mask)
            with decoder_threads.limited():
                area = self.area_of(mask)
        except (uploads.UnusableImage, InvalidImage) as error:
            raise _refused(MASK, "invalid", _("The mask must be a PNG image.")) from error
        if area is None:
            detail = _("The mask must be transparent where the image is to be changed.")
            raise _refused(MASK, "opaque", detail)
        return area


def _kept(data: bytes, *, user: User, field: str) -> Upload:
    rate_limits.spend("upload", user.pk)
    try:
        return uploads.keep(user=user, data=data)
    except uploads.UnusableImage as refusal:
        raise _refused(field, refusal.reason, refusal.message) from refusal


def _refused(field: str, code: str, detail: str) -> InvalidParameters:
    return InvalidParameters([FieldError(field, code, detail)])
