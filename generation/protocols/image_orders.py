"""Orders of other programs, with the files that they send: batches as those of our own API."""

from collections.abc import Callable, Mapping
from typing import Any

from uuid_utils.compat import uuid7

from accounts.models import User
from generation.catalog.offers import Offer
from generation.jobs.placing import drafts, orders
from generation.jobs.placing.job_order import JobOrder, PlacedOrder
from generation.jobs.placing.job_request import UserCatalog
from generation.jobs.placing.uploaded_sources import place_uploading
from generation.models import Upload, model_cache
from generation.protocols import model_names
from generation.protocols.model_names import Wanted
from generation.protocols.source_files import SourceFiles


def place(
    model: str,
    *,
    chosen: str = "",
    parameters_of: Callable[[Offer], Mapping[str, Any]],
    count: int,
    files: SourceFiles,
    user: User,
    order_of: Callable[..., JobOrder],
) -> PlacedOrder:
    """Place `count` jobs of the model of this name, and keep no file that they do not use.

    `order_of` makes the order of its user and requests. Raises what `orders.place`,
    `model_names.offer_of` and `files.keep` raise.
    """
    wanted = Wanted(len(files.images), has_mask=files.mask is not None)
    offer = model_names.offer_of(model, user=user, wanted=wanted, chosen=chosen)
    parameters = parameters_of(offer)
    # Before any file is decoded, with ids in place of those of the uploads.
    sources = files.fields([str(uuid7()) for _n in range(files.count)])
    UserCatalog(model_cache.for_order(), user).cleaned(offer, {**parameters, **sources})

    def place_with(kept: list[Upload]) -> PlacedOrder:
        files.keep(user=user, kept=kept)
        sources = files.fields([str(upload.id) for upload in kept])
        request = {"model": offer.slug, **parameters, **sources}
        return orders.place(order_of(user, drafts.repeated(request, count=count)))

    return place_uploading(place_with)
