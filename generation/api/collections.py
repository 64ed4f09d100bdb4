"""Collections: list, create, rename, delete, add and remove images."""

from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from accounts.access.request_user import user_of
from artgen.api.inputs import Body, Id, Query, Text
from artgen.api.operations import operation
from artgen.api.views import ApiView, first_or_404
from generation.gallery import collections
from generation.models import Collection
from generation.models.collections import NAME_MAX
from generation.owned_rows import named_rows

MAX_IMAGES = 500
"""In one request to add to or remove from a collection."""


class CollectionJson(TypedDict):
    """A named collection of your images; an image can be in several."""

    id: UUID
    name: str
    count: Annotated[int, "Images in it, except those in the trash."]
    count_is_more: Annotated[bool, "Whether it holds more than `count`: counting stops at 1,000."]
    cover_url: Annotated[str | None, "Thumbnail of its newest image; expires."]
    created_at: datetime


class CollectionNameBody(Body):
    """The name of a collection; unique per user, case-insensitive."""

    name = Text(max_length=NAME_MAX, error_messages={"blank": _("Enter a collection name.")})


class CollectionImagesBody(Body):
    """Images to add or remove."""

    images = serializers.ListField(
        child=Id(),
        min_length=1,
        max_length=MAX_IMAGES,
        error_messages={
            name: _("Must be a list of 1–500 image IDs.")
            for name in ("required", "null", "not_a_list", "min_length", "max_length")
        },
    )


class Collections(ApiView):
    """`/api/v1/collections/`."""

    @operation("GET collections/", query=Query, is_revalidated=True)
    def list_collections(self, request: Request) -> list[CollectionJson]:
        """List collections.

        By name, on one page. Images of a collection: `GET /api/v1/images/?collection=ID`.
        """
        return [_summary_json(summary) for summary in collections.summaries(user_of(request))]

    @operation(
        "POST collections/",
        body=CollectionNameBody,
        status=201,
        problems=["too_many_requests", "too_many_collections"],
    )
    def make_collection(self, request: Request) -> CollectionJson:
        """Create a collection.

        Names are unique, case-insensitive.
        """
        name = self.read_body()["name"]
        return _collection_json(collections.create(user=user_of(request), name=name))

    @operation("GET collections/<uuid:collection_id>/")
    def get_collection(self, request: Request, collection_id: UUID) -> CollectionJson:
        """Get a collection."""
        return _collection_json(own_collection(request, collection_id))

    @operation(
        "PATCH collections/<uuid:collection_id>/",
        body=CollectionNameBody,
        problems=["too_many_requests"],
    )
    def rename_collection(self, request: Request, collection_id: UUID) -> CollectionJson:
        """Rename a collection."""
        collection = own_collection(request, collection_id)
        if name := self.read_body().get("name"):
            collections.rename(collection, name=name)
        return _collection_json(collection)

    @operation("DELETE collections/<uuid:collection_id>/")
    def delete_collection(self, request: Request, collection_id: UUID) -> None:
        """Delete a collection.

        Its images stay in the gallery.
        """
        named_rows.delete(own_collection(request, collection_id))

    @operation("POST collections/<uuid:collection_id>/images/", body=CollectionImagesBody)
    def add_to_collection(self, request: Request, collection_id: UUID) -> CollectionJson:
        """Add images to a collection.

        All or none. Idempotent.
        """
        collection = own_collection(request, collection_id)
        collections.add(collection, image_ids=self.read_body()["images"])
        return _collection_json(collection)

    @operation("POST collections/<uuid:collection_id>/images/remove/", body=CollectionImagesBody)
    def remove_from_collection(self, request: Request, collection_id: UUID) -> CollectionJson:
        """Remove images from a collection.

        They stay in the gallery; those not in the collection are ignored. Idempotent.
        """
        collection = own_collection(request, collection_id)
        collections.remove(collection, image_ids=self.read_body()["images"])
        return _collection_json(collection)

    @operation("DELETE collections/<uuid:collection_id>/images/<uuid:image_id>/")
    def remove_one_from_collection(
        self, request: Request, collection_id: UUID, image_id: UUID
    ) -> None:
        """Remove an image from a collection.

        It stays in the gallery.
        """
        collections.remove(own_collection(request, collection_id), image_ids=[image_id])


def own_collection(request: Request, collection_id: UUID) -> Collection:
    """Return one of the user's own collections; raise Http404."""
    return first_or_404(Collection.objects.of(request.user).present().filter(id=collection_id))


def _collection_json(collection: Collection) -> CollectionJson:
    return _summary_json(collections.summary(collection))


def _summary_json(summary: collections.Summary) -> CollectionJson:
    return {
        "id": summary.collection.id,
        "name": summary.collection.name,
        "count": summary.count,
        "count_is_more": summary.is_more,
        "cover_url": summary.covers[0] if summary.covers else None,
        "created_at": summary.collection.created_at,
    }
