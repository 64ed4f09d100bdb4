"""Who can see an image: its link, and the request to publish it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from artgen.api.views import Endpoint, first_or_404
from generation.api import docs_sharing, links, rate_limits
from generation.api.shapes_sharing import ShareShape
from generation.gallery import publications, sharing
from generation.models import Image, Publication, PublicationState, Visibility


class Share(Endpoint):
    """`/api/v1/images/ID/share/`."""

    @extend_schema(**docs_sharing.GET_SHARE)
    def get(self, request: Request, image_id: UUID) -> Response:
        """Return how one of the user's own images is shared."""
        return Response(_share_json(own_image(request, image_id)))

    @extend_schema(**docs_sharing.MAKE_LINK)
    def post(self, request: Request, image_id: UUID) -> Response:
        """Create or change the link to one of the user's own images."""
        image = own_image(request, image_id)
        image, status = links.change(request, image, sharing.share_by_link)
        return Response(_share_json(image), status=status)

    @extend_schema(**docs_sharing.STOP_LINK)
    def delete(self, request: Request, image_id: UUID) -> Response:
        """Turn off the link to one of the user's own images."""
        sharing.stop_link(own_image(request, image_id))
        return Response(status=204)


class ShareAppeal(Endpoint):
    """`/api/v1/images/ID/share/appeal/`."""

    @extend_schema(**docs_sharing.APPEAL)
    def post(self, request: Request, image_id: UUID) -> Response:
        """Ask a moderator to review one of the user's own images that a rule has refused."""
        image = own_image(request, image_id)
        rate_limits.spend(request, group="share", rate=links.SHARING_RATE)
        publications.appeal(image)
        return Response(_share_json(image))


def own_image(request: Request, image_id: UUID) -> Image:
    """Return one of the user's own images, also from the trash; raise Http404."""
    return first_or_404(Image.objects.of(request.user).present().with_origin().filter(id=image_id))


def show_to(image: Image, visibility: str) -> Image:
    """Change who can see the image and return it; "public" requests a review by staff."""
    if visibility == Visibility.PRIVATE:
        return sharing.make_private(image)
    if visibility == Visibility.LINK:
        return sharing.keep_to_link(image)
    publications.ask_to_publish(
        image,
        with_parameters=image.has_link and image.link_parameters,
        with_name=image.has_link and image.link_name,
    )
    return image


def _share_json(image: Image) -> Any:
    publication = publications.last(image)
    share = {
        **links.link_json(image, route="shared"),
        "publication": _publication(publication) if publication else None,
    }
    return ShareShape(share).data


def _publication(publication: Publication) -> dict[str, Any]:
    is_shown = publication.state == PublicationState.PUBLISHED
    return {
        "state": publication.state,
        "reason": publication.reason,
        "url": links.address_of(publication.slug, route="shared") if is_shown else None,
        "with_parameters": publication.with_parameters,
        "with_name": publication.with_name,
        "asked_at": publication.asked_at,
        "decided_at": publication.decided_at,
        "published_at": publication.published_at,
    }
