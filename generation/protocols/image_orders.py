"""Orders of other programs, with the files that they send: batches as those of our own API."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from uuid_utils.compat import uuid7

from accounts.models import User
from artgen.refusals import Refusal
from generation.catalog.offers import Offer
from generation.files import uploads
from generation.jobs.placing import drafts
from generation.jobs.placing.job_order import PlacedOrder
from generation.jobs.placing.job_request import UserCatalog
from generation.models import Upload, model_cache
from generation.moderation.refusals import Moderated
from generation.protocols.source_files import SourceFiles

Place = Callable[[Sequence[Mapping[str, Any]]], PlacedOrder]
"""Places requests, such as `orders.place_batch` with its user and key."""


def place(
    parameters: Mapping[str, Any],
    *,
    offer: Offer,
    count: int,
    files: SourceFiles,
    user: User,
    by: Place,
) -> PlacedOrder:
    """Place `count` jobs of this model, and keep no file that they do not use.

    Raises what `by` and `files.keep` raise.
    """
    # Before any file is decoded, with ids in place of those of the uploads.
    sources = files.fields([str(uuid7()) for _n in range(files.count)])
    UserCatalog(model_cache.for_order(), user).cleaned(offer, {**parameters, **sources})
    kept: list[Upload] = []
    try:
        files.keep(user=user, kept=kept)
        sources = files.fields([str(upload.id) for upload in kept])
        request = {"model": offer.slug, **parameters, **sources}
        placed = by(drafts.repeated(request, count=count))
    except Moderated:
        raise  # the stored request has them
    except Refusal:  # after another error the order may have been placed
        uploads.discard(kept)
        raise
    if not placed.created:
        uploads.discard(kept)
    return placed
