"""The link of a collection."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from artgen.api.shapes import read
from artgen.api.views import Endpoint, body_of
from generation.api import docs_sharing, rate_limits
from generation.api.collections import own_collection
from generation.api.shapes_sharing import CollectionShareShape, LinkShape
from generation.api.sharing import SHARING_RATE, address_of
from generation.gallery import collection_sharing, sharing
from generation.models import Collection


class CollectionShare(Endpoint):
    """`/api/v1/collections/ID/share/`."""

    @extend_schema(**docs_sharing.GET_COLLECTION_SHARE)
    def get(self, request: Request, collection_id: UUID) -> Response:
        """Return how one of the user's own collections is shared."""
        return Response(_share_json(own_collection(request, collection_id)))

    @extend_schema(**docs_sharing.MAKE_COLLECTION_LINK)
    def post(self, request: Request, collection_id: UUID) -> Response:
        """Create or change the link to one of the user's own collections."""
        collection = own_collection(request, collection_id)
        asked = read(LinkShape(data=body_of(request)))
        rate_limits.spend(request, group="share", rate=SHARING_RATE)
        had_link = collection.has_link and not asked["new"]
        collection = collection_sharing.share(
            collection,
            until=sharing.until(days=asked.get("expires_in_days")),
            with_parameters=asked["with_parameters"],
            with_name=asked["with_name"],
            renew=asked["new"],
        )
        return Response(_share_json(collection), status=200 if had_link else 201)

    @extend_schema(**docs_sharing.STOP_COLLECTION_LINK)
    def delete(self, request: Request, collection_id: UUID) -> Response:
        """Turn off the link to one of the user's own collections."""
        collection_sharing.stop(own_collection(request, collection_id))
        return Response(status=204)


def _share_json(collection: Collection) -> Any:
    slug = collection.link_slug if collection.has_link else None
    share = {
        "url": address_of(slug, route="shared_collection") if slug else None,
        "expires_at": collection.link_until if slug else None,
        "with_parameters": bool(slug) and collection.link_parameters,
        "with_name": bool(slug) and collection.link_name,
    }
    return CollectionShareShape(share).data
