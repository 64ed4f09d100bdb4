"""The images that requests name: source images and masks, checked before anybody pays for them.

`payloads` reads the same images again when a job is submitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from generation.catalog.offers import Offer
from generation.catalog.source_roles import EDIT
from generation.jobs.inputs import masks, sources
from generation.jobs.inputs.sources import OwnImage
from generation.models import Image, Job
from generation.providers.payloads import dialect_of


@dataclass(frozen=True)
class RequestImages:
    """The source images of one request, in order, and its mask."""

    sources: Sequence[OwnImage]
    mask: OwnImage | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first source image in px."""
        return self.sources[0].width, self.sources[0].height

    def show_upload(self, roles: Sequence[str]) -> bool:
        """Return whether an upload is changed: without roles, all source images are."""
        roles = roles or [EDIT] * len(self.sources)
        parts = zip(self.sources, roles, strict=True)
        return any(source.shows_upload and role == EDIT for source, role in parts)

    def prompt(self) -> str:
        """Return the prompt of the first source image, which an edit without a prompt keeps."""
        rows = Image.objects.filter(id=self.sources[0].id)
        prompts = rows.values_list("job__prompt", "saved__prompt")
        return next((prompt for row in prompts for prompt in row if prompt), "") or _("Untitled")

    def must_be_reduced(self, offer: Offer, *, beside: Mapping[str, object]) -> bool:
        """Return whether the source images must be scaled down to fit into the request.

        `beside` is the rest of that request. Raises InvalidParameters: they cannot get to the
        provider.
        """
        if not self.sources:
            return False
        dialect = dialect_of(offer.dialect, offer.request_format)
        return sources.must_be_reduced(self.sources, dialect=dialect, beside=beside)


class OrderImages:
    """Reads the images of one user's order. Requests with the same source images share a query."""

    def __init__(self) -> None:
        self._sources: dict[tuple[str, ...], list[OwnImage]] = {}
        self.uploads: set[UUID] = set()
        """Ids of the uploads among those that were read, masks included."""

    def of_request(
        self, user: User, source_ids: Sequence[str], *, mask_id: str = ""
    ) -> RequestImages:
        """Return the images of a request.

        Raises:
            InvalidParameters: they are not the user's, or the mask does not fit the first one.
        """
        ids = tuple(source_ids)
        if ids not in self._sources:
            self._sources[ids] = sources.check(user=user, ids=ids)
        own = self._sources[ids]
        mask = masks.check(user=user, mask_id=mask_id, source=own[0]) if mask_id else None
        used = [*own, mask] if mask else own
        self.uploads |= {image.id for image in used if image.is_upload}
        return RequestImages(own, mask)

    def check_again(self, jobs: Sequence[Job], *, user: User) -> None:
        """Raise InvalidParameters if an image of these jobs has been deleted meanwhile."""
        for job in jobs:
            sources.check(user=user, ids=job.source_images)
            if job.mask:
                sources.check(user=user, ids=[job.mask], field=masks.FIELD)
