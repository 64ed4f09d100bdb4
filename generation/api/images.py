"""Images: list, get, change, move to the trash, restore."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.requests import user_of
from artgen.api import pagination
from artgen.api.shapes import read
from artgen.api.views import Endpoint, body_of, flag_of, query_of
from generation.api import docs_images, docs_sharing, rate_limits
from generation.api.filters import PARAMETERS, read_wanted
from generation.api.shapes_images import ImageChangeShape
from generation.api.shapes_sharing import SharedImageShape
from generation.api.sharing import own_image, show_to
from generation.gallery import images, notes, saving, tags
from generation.gallery.filters import find
from generation.jobs.serializers import IMAGE_COLUMNS, SAVED_COLUMNS, image_json
from generation.models import Image, ImageQuerySet

COLUMNS = (*IMAGE_COLUMNS, *SAVED_COLUMNS)


class Images(Endpoint):
    """`/api/v1/images/`."""

    is_revalidated = True

    @extend_schema(**docs_images.LIST_IMAGES)
    def get(self, request: Request) -> Response:
        """Return a page of the user's own images, or with `trashed=true` of those in the trash."""
        query = query_of(request, *PARAMETERS, "trashed", *pagination.PARAMETERS)
        user = user_of(request)
        trashed, wanted = flag_of(query, "trashed"), read_wanted(query, user=user)
        rows: Any
        if wanted.is_everything and not trashed:
            rows = pagination.FixedList(Image, _kept, {"user": user.pk}, COLUMNS)
        else:
            own = Image.objects.of(user).in_trash() if trashed else _kept(user)
            rows = find(own, wanted, user=user).images
        return Response(pagination.page_of(request, rows, show=_images_json, whole=_whole))

    @extend_schema(**docs_sharing.SAVE_IMAGE)
    def post(self, request: Request) -> Response:
        """Save a copy of an image that another user shares among the user's own."""
        asked = read(SharedImageShape(data=body_of(request)))
        rate_limits.spend(request, group="save", rate=saving.RATE)
        find = saving.finder(asked["share"], item=asked.get("item"))
        saved = saving.save(find, user=user_of(request))
        return Response(
            image_json(saved.image),
            status=201 if saved.is_new else 200,
            headers={"Location": f"{request.path}{saved.image.id}/"},
        )


class ImageDetail(Endpoint):
    """`/api/v1/images/ID/`."""

    @extend_schema(**docs_images.GET_IMAGE)
    def get(self, request: Request, image_id: UUID) -> Response:
        """Return one of the user's own images, also from the trash."""
        return Response(image_json(own_image(request, image_id)))

    @extend_schema(**docs_images.CHANGE_IMAGE)
    def patch(self, request: Request, image_id: UUID) -> Response:
        """Change one of the user's own images: favorite, note, tags, and who can see it."""
        image = own_image(request, image_id)
        change = read(ImageChangeShape(data=body_of(request)))
        # Invalid fields are refused before anything is changed.
        notes.clean(change.get("note", ""))
        tags.cleaned(change.get("tags", ()))
        if visibility := change.get("visibility"):
            image = show_to(image, visibility)
        if (favorite := change.get("favorite")) is not None:
            image = images.set_favorite(image, favorite=favorite)
        if (note := change.get("note")) is not None:
            image = notes.write(image, note=note)
        if (names := change.get("tags")) is not None:
            image = tags.replace(image, names=names)
        return Response(image_json(image))

    @extend_schema(**docs_images.TRASH_IMAGE)
    def delete(self, request: Request, image_id: UUID) -> Response:
        """Move one of the user's own images to the trash."""
        images.trash(own_image(request, image_id))
        return Response(status=204)


class ImageRestore(Endpoint):
    """`/api/v1/images/ID/restore/`."""

    @extend_schema(**docs_images.RESTORE_IMAGE)
    def post(self, request: Request, image_id: UUID) -> Response:
        """Restore one of the user's own images from the trash."""
        return Response(image_json(images.restore(own_image(request, image_id))))


def _kept(user: Any) -> ImageQuerySet:
    return Image.objects.of(user).kept()


def _whole() -> Any:
    return Image.objects.values_list(*COLUMNS, named=True)


def _images_json(images: Sequence[Any]) -> list[dict[str, Any]]:
    return [image_json(image) for image in images]
