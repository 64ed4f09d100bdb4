"""Collections: list, make, name, delete, fill and empty."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from artgen.api.problems import FieldProblem, Problem, invalid
from artgen.api.views import Endpoint, body_of, query_of, time_json
from generation.api import docs
from generation.files import storage
from generation.gallery import collections
from generation.gallery.collections import Summary
from generation.models import Collection
from generation.models.collections import NAME_MAX

IMAGES_AT_ONCE = 500


class Collections(Endpoint):
    """`/api/v1/collections/`."""

    is_revalidated = True

    @extend_schema(**docs.LIST_COLLECTIONS)
    def get(self, request: Request) -> Response:
        """Return all collections of the user by name, on one page."""
        query_of(request)
        return Response([_collection_json(one) for one in collections.summaries(_user(request))])

    @extend_schema(**docs.MAKE_COLLECTION)
    def post(self, request: Request) -> Response:
        """Make an empty collection."""
        with _told():
            made = collections.create(
                user=_user(request), name=_read_name(body_of(request), is_required=True)
            )
        return Response(_one_json(made), status=201)


class CollectionDetail(Endpoint):
    """`/api/v1/collections/ID/`."""

    @extend_schema(**docs.GET_COLLECTION)
    def get(self, request: Request, collection_id: UUID) -> Response:
        """Return one of the user's own collections."""
        return Response(_one_json(_own(request, collection_id)))

    @extend_schema(**docs.RENAME_COLLECTION)
    def patch(self, request: Request, collection_id: UUID) -> Response:
        """Give one of the user's own collections another name."""
        collection = _own(request, collection_id)
        if name := _read_name(body_of(request), is_required=False):
            with _told():
                collections.rename(collection, name=name)
        return Response(_one_json(collection))

    @extend_schema(**docs.DELETE_COLLECTION)
    def delete(self, request: Request, collection_id: UUID) -> Response:
        """Delete one of the user's own collections; the pictures stay."""
        collections.delete(_own(request, collection_id))
        return Response(status=204)


class CollectionImages(Endpoint):
    """`/api/v1/collections/ID/images/`."""

    @extend_schema(**docs.ADD_TO_COLLECTION)
    def post(self, request: Request, collection_id: UUID) -> Response:
        """Put own pictures into the collection; those in it already stay in it."""
        collection = _own(request, collection_id)
        with _told():
            collections.add(collection, image_ids=_read_ids(body_of(request)))
        return Response(_one_json(collection))


class CollectionImagesRemove(Endpoint):
    """`/api/v1/collections/ID/images/remove/`."""

    @extend_schema(**docs.REMOVE_FROM_COLLECTION)
    def post(self, request: Request, collection_id: UUID) -> Response:
        """Take pictures out of the collection; those not in it are passed over."""
        collection = _own(request, collection_id)
        collections.remove(collection, image_ids=_read_ids(body_of(request)))
        return Response(_one_json(collection))


class CollectionImageDetail(Endpoint):
    """`/api/v1/collections/ID/images/ID/`."""

    @extend_schema(**docs.REMOVE_ONE_FROM_COLLECTION)
    def delete(self, request: Request, collection_id: UUID, image_id: UUID) -> Response:
        """Take one picture out of the collection; one that is not in it stays out."""
        collections.remove(_own(request, collection_id), image_ids=[image_id])
        return Response(status=204)


@contextmanager
def _told() -> Iterator[None]:
    """Raise Problem for what `collections` raises inside."""
    try:
        yield
    except collections.BadName as refused:
        details = {
            "empty": _("A collection needs a name."),
            "too_long": _("At most %(max)d characters.") % {"max": NAME_MAX},
            "control_characters": _("Control characters are not allowed."),
        }
        codes = {"empty": "blank", "too_long": "max_length"}
        raise invalid(
            "name", codes.get(refused.reason, refused.reason), details[refused.reason]
        ) from refused
    except collections.NameTaken as refused:
        detail = _("You have a collection of this name: %(name)s.") % {
            "name": refused.collection.name
        }
        raise invalid("name", "unique", detail) from refused
    except collections.TooManyCollections as refused:
        detail = _("At most %(max)d collections.") % {"max": refused.limit}
        raise Problem("too_many_collections", detail, limit=refused.limit) from refused
    except collections.NoSuchImages as refused:
        ids = ", ".join(str(image_id) for image_id in list(refused.ids)[:5])
        raise invalid(
            "images", "does_not_exist", _("No pictures of yours: %(ids)s.") % {"ids": ids}
        ) from refused


def _own(request: Request, collection_id: UUID) -> Collection:
    collection = Collection.objects.of(request.user).present().filter(id=collection_id).first()
    if collection is None:
        raise Http404
    return collection


def _one_json(collection: Collection) -> dict[str, Any]:
    return _collection_json(collections.summary(collection))


def _collection_json(summary: Summary) -> dict[str, Any]:
    collection = summary.collection
    return {
        "id": str(collection.id),
        "name": collection.name,
        "count": summary.count,
        "count_is_more": summary.is_more,
        "cover_url": storage.url(summary.covers[0]) if summary.covers else None,
        "created_at": time_json(collection.created_at),
    }


def _read_name(body: Mapping[str, Any], *, is_required: bool) -> str:
    """Return the name, "" where it may be left out and is; raises Problem."""
    _refuse_others(body, "name")
    if "name" not in body:
        if is_required:
            raise invalid("name", "required", _("This is required."))
        return ""
    if not isinstance(body["name"], str):
        raise invalid("name", "invalid", _("This must be text."))
    if not body["name"].strip():
        raise invalid("name", "blank", _("A collection needs a name."))
    return body["name"]


def _read_ids(body: Mapping[str, Any]) -> list[UUID]:
    _refuse_others(body, "images")
    ids = body.get("images")
    if not isinstance(ids, list):
        code = "invalid" if "images" in body else "required"
        raise invalid("images", code, _("A list of ids of pictures."))
    if not 1 <= len(ids) <= IMAGES_AT_ONCE:
        detail = _("From 1 to %(max)d pictures at once.") % {"max": IMAGES_AT_ONCE}
        raise invalid("images", "max_length" if ids else "min_length", detail)
    wrong = [f"images[{index}]" for index, one in enumerate(ids) if not _is_id(one)]
    if wrong:
        raise Problem(
            "invalid",
            errors=[FieldProblem(name, "invalid", _("This must be an id.")) for name in wrong],
        )
    return [UUID(one) for one in ids]


def _refuse_others(body: Mapping[str, Any], known: str) -> None:
    detail = _("There is no such field, or it cannot be changed.")
    errors = [FieldProblem(name, "unknown_field", detail) for name in body if name != known]
    if errors:
        raise Problem("invalid", errors=errors)


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _user(request: Request) -> User:
    return cast(User, request.user)
