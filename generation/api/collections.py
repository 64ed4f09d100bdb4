"""Collections: list, create, rename, delete, add and remove images."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from artgen.api.shapes import read
from artgen.api.views import Endpoint, body_of, first_or_404, query_of
from generation.api import docs_collections
from generation.api.shapes_collections import (
    CollectionImagesShape,
    CollectionNameShape,
    CollectionShape,
)
from generation.gallery import collections
from generation.models import Collection


class Collections(Endpoint):
    """`/api/v1/collections/`."""

    is_revalidated = True

    @extend_schema(**docs_collections.LIST_COLLECTIONS)
    def get(self, request: Request) -> Response:
        """Return all collections of the user by name, on one page."""
        query_of(request)
        return Response(CollectionShape(collections.summaries(_user(request)), many=True).data)

    @extend_schema(**docs_collections.MAKE_COLLECTION)
    def post(self, request: Request) -> Response:
        """Create an empty collection."""
        made = collections.create(user=_user(request), name=_read_name(request) or "")
        return Response(_one_json(made), status=201)


class CollectionDetail(Endpoint):
    """`/api/v1/collections/ID/`."""

    @extend_schema(**docs_collections.GET_COLLECTION)
    def get(self, request: Request, collection_id: UUID) -> Response:
        """Return one of the user's own collections."""
        return Response(_one_json(own_collection(request, collection_id)))

    @extend_schema(**docs_collections.RENAME_COLLECTION)
    def patch(self, request: Request, collection_id: UUID) -> Response:
        """Rename one of the user's own collections."""
        collection = own_collection(request, collection_id)
        if name := _read_name(request, partial=True):
            collections.rename(collection, name=name)
        return Response(_one_json(collection))

    @extend_schema(**docs_collections.DELETE_COLLECTION)
    def delete(self, request: Request, collection_id: UUID) -> Response:
        """Delete one of the user's own collections; its images stay."""
        collections.delete(own_collection(request, collection_id))
        return Response(status=204)


class CollectionImages(Endpoint):
    """`/api/v1/collections/ID/images/`."""

    @extend_schema(**docs_collections.ADD_TO_COLLECTION)
    def post(self, request: Request, collection_id: UUID) -> Response:
        """Add the user's own images; those already in the collection stay in it."""
        collection = own_collection(request, collection_id)
        collections.add(collection, image_ids=_read_ids(request))
        return Response(_one_json(collection))


class CollectionImagesRemove(Endpoint):
    """`/api/v1/collections/ID/images/remove/`."""

    @extend_schema(**docs_collections.REMOVE_FROM_COLLECTION)
    def post(self, request: Request, collection_id: UUID) -> Response:
        """Remove images from the collection; those not in it are ignored."""
        collection = own_collection(request, collection_id)
        collections.remove(collection, image_ids=_read_ids(request))
        return Response(_one_json(collection))


class CollectionImageDetail(Endpoint):
    """`/api/v1/collections/ID/images/ID/`."""

    @extend_schema(**docs_collections.REMOVE_ONE_FROM_COLLECTION)
    def delete(self, request: Request, collection_id: UUID, image_id: UUID) -> Response:
        """Remove one image from the collection; one not in it is ignored."""
        collections.remove(own_collection(request, collection_id), image_ids=[image_id])
        return Response(status=204)


def own_collection(request: Request, collection_id: UUID) -> Collection:
    """Return one of the user's own collections; raise Http404."""
    return first_or_404(Collection.objects.of(request.user).present().filter(id=collection_id))


def _one_json(collection: Collection) -> Any:
    return CollectionShape(collections.summary(collection)).data


def _read_name(request: Request, *, partial: bool = False) -> str | None:
    """Return the name of the body, None if it may be left out and is; raise Problem."""
    given: str | None = read(CollectionNameShape(data=body_of(request), partial=partial)).get(
        "name"
    )
    return given


def _read_ids(request: Request) -> list[UUID]:
    ids: list[UUID] = read(CollectionImagesShape(data=body_of(request)))["images"]
    return ids


def _user(request: Request) -> User:
    return cast(User, request.user)
