"""The link of a collection."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from artgen.api.views import Endpoint
from generation.api import docs_sharing, links
from generation.api.collections import own_collection
from generation.api.shapes_sharing import CollectionShareShape
from generation.gallery import collection_sharing
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
        collection, status = links.change(request, collection, collection_sharing.share)
        return Response(_share_json(collection), status=status)

    @extend_schema(**docs_sharing.STOP_COLLECTION_LINK)
    def delete(self, request: Request, collection_id: UUID) -> Response:
        """Turn off the link to one of the user's own collections."""
        collection_sharing.stop(own_collection(request, collection_id))
        return Response(status=204)


def _share_json(collection: Collection) -> Any:
    return CollectionShareShape(links.link_json(collection, route="shared_collection")).data
