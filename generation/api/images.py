"""Pictures: list, look at, mark, trash, restore."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from artgen import pagination
from artgen.endpoint import Endpoint, body_of, flag_of, query_of
from artgen.problems import FieldProblem, Problem
from generation import gallery
from generation.api import docs
from generation.api.wanted import PARAMETERS, read_wanted
from generation.finding import find
from generation.models import Image
from generation.serializers import image_json


class Images(Endpoint):
    """`/api/v1/images/`."""

    @extend_schema(**docs.LIST_IMAGES)
    def get(self, request: Request) -> Response:
        """Return a page of the user's own pictures: the kept ones, or with `trashed=true` those in the trash."""
        query = query_of(request, *PARAMETERS, "trashed", *pagination.PARAMETERS)
        own = Image.objects.of(request.user)
        rows = own.in_trash() if flag_of(query, "trashed") else own.kept()
        rows = find(rows, read_wanted(query, user=request.user), user=request.user).images
        return Response(pagination.page_of(request, rows, show=_images_json, whole=Image.objects.all()))


class ImageDetail(Endpoint):
    """`/api/v1/images/ID/`."""

    @extend_schema(**docs.GET_IMAGE)
    def get(self, request: Request, image_id: UUID) -> Response:
        """Return one of the user's own pictures, also from the trash."""
        return Response(image_json(_own_image(request, image_id)))

    @extend_schema(**docs.CHANGE_IMAGE)
    def patch(self, request: Request, image_id: UUID) -> Response:
        """Mark one of the user's own pictures as a favorite, or no more."""
        image = _own_image(request, image_id)
        favorite = _read_favorite(body_of(request))
        return Response(image_json(image if favorite is None else gallery.set_favorite(image, favorite=favorite)))

    @extend_schema(**docs.TRASH_IMAGE)
    def delete(self, request: Request, image_id: UUID) -> Response:
        """Move one of the user's own pictures to the trash."""
        gallery.trash(_own_image(request, image_id))
        return Response(status=204)


class ImageRestore(Endpoint):
    """`/api/v1/images/ID/restore/`."""

    @extend_schema(**docs.RESTORE_IMAGE)
    def post(self, request: Request, image_id: UUID) -> Response:
        """Take one of the user's own pictures out of the trash."""
        return Response(image_json(gallery.restore(_own_image(request, image_id))))


def _own_image(request: Request, image_id: UUID) -> Image:
    image = Image.objects.of(request.user).present().filter(id=image_id).first()
    if image is None:
        raise Http404
    return image


def _read_favorite(body: Mapping[str, Any]) -> bool | None:
    """Return the wish, None for an empty body, which changes nothing; raises Problem for any other field."""
    errors = []
    for name, value in body.items():
        if name == "visibility":
            errors.append(FieldProblem(name, "not_supported", _("Pictures cannot be shared yet.")))
        elif name != "favorite":
            errors.append(FieldProblem(name, "unknown_field", _("There is no such field, or it cannot be changed.")))
        elif not isinstance(value, bool):
            errors.append(FieldProblem(name, "invalid", _("This must be true or false.")))
    if errors:
        raise Problem("invalid", errors=errors)
    return body.get("favorite")


def _images_json(images: Sequence[Image]) -> list[dict[str, Any]]:
    return [image_json(image) for image in images]
