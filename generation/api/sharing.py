"""Who may see a picture: its link, and the wish to show it to everybody."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from artgen.api.problems import FieldProblem, Problem
from artgen.api.views import Endpoint, body_of
from generation.api import docs_sharing, rate_limits
from generation.gallery import sharing
from generation.jobs.serializers import time_json
from generation.models import Image, Publication, PublicationState, Visibility

SHARING_RATE = "120/m"
DAYS = (*sharing.LINK_DAYS, None)


class Share(Endpoint):
    """`/api/v1/images/ID/share/`."""

    @extend_schema(**docs_sharing.GET_SHARE)
    def get(self, request: Request, image_id: UUID) -> Response:
        """Return how one of the user's own pictures is shared."""
        return Response(_share_json(own_image(request, image_id)))

    @extend_schema(**docs_sharing.MAKE_LINK)
    def post(self, request: Request, image_id: UUID) -> Response:
        """Make a link to one of the user's own pictures, or change how long it works and what it tells."""
        image = own_image(request, image_id)
        asked = _read_link(body_of(request))
        rate_limits.spend(request, group="share", rate=SHARING_RATE)
        had_link = image.has_link and not asked["new"]
        try:
            image = sharing.share_by_link(
                image,
                until=sharing.until(days=asked["expires_in_days"]),
                with_parameters=asked["with_parameters"],
                with_name=asked["with_name"],
                renew=asked["new"],
            )
        except sharing.InTheTrash as trashed:
            raise _in_the_trash() from trashed
        return Response(_share_json(image), status=200 if had_link else 201)

    @extend_schema(**docs_sharing.STOP_LINK)
    def delete(self, request: Request, image_id: UUID) -> Response:
        """Stop the link to one of the user's own pictures."""
        sharing.stop_link(own_image(request, image_id))
        return Response(status=204)


def own_image(request: Request, image_id: UUID) -> Image:
    """Return one of the user's own pictures, also from the trash; raises Http404."""
    image = (
        Image.objects.of(request.user).present().select_related("job").filter(id=image_id).first()
    )
    if image is None:
        raise Http404
    return image


def show_to(image: Image, visibility: str) -> Image:
    """Return the picture that these may see; "public" asks for it, and staff decide. Raises Problem."""
    try:
        if visibility == Visibility.PRIVATE:
            return sharing.make_private(image)
        if visibility == Visibility.LINK:
            return sharing.keep_to_link(image)
        told = image.has_link
        sharing.ask_to_publish(
            image,
            with_parameters=told and image.link_parameters,
            with_name=told and image.link_name,
        )
    except sharing.InTheTrash as trashed:
        raise _in_the_trash() from trashed
    except sharing.NotAllowed as refused:
        raise Problem("not_publishable", refused.reason) from refused
    except sharing.TooManyInReview as many:
        told_limit = _("%(limit)d pictures of yours wait for a review already, that is the limit.")
        detail = told_limit % {"limit": many.limit}
        raise Problem(
            "too_many_waiting", detail, headers={"Retry-After": "3600"}, limit=many.limit
        ) from many
    return image


def _share_json(image: Image) -> dict[str, Any]:
    publication = sharing.last_publication(image)
    return {
        "url": _address(image.link_slug) if image.link_slug and image.has_link else None,
        "expires_at": time_json(image.link_until) if image.has_link else None,
        "with_parameters": image.has_link and image.link_parameters,
        "with_name": image.has_link and image.link_name,
        "publication": _publication_json(publication) if publication else None,
    }


def _publication_json(publication: Publication) -> dict[str, Any]:
    is_shown = publication.state == PublicationState.PUBLISHED
    return {
        "state": publication.state,
        "reason": publication.reason,
        "url": _address(publication.slug) if is_shown else None,
        "with_parameters": publication.with_parameters,
        "with_name": publication.with_name,
        "asked_at": time_json(publication.asked_at),
        "decided_at": time_json(publication.decided_at),
        "published_at": time_json(publication.published_at),
    }


def _address(slug: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse('shared', args=[slug])}"


def _read_link(body: Mapping[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "expires_in_days": None,
        "with_parameters": False,
        "with_name": False,
        "new": False,
    }
    errors = []
    for name, value in body.items():
        if name not in asked:
            errors.append(
                FieldProblem(
                    name, "unknown_field", _("There is no such field, or it cannot be changed.")
                )
            )
        elif name == "expires_in_days":
            if isinstance(value, bool) or value not in DAYS:
                choices = ", ".join(str(days) for days in sharing.LINK_DAYS)
                errors.append(
                    FieldProblem(
                        name, "choices", _("One of: %(choices)s.") % {"choices": f"{choices}, null"}
                    )
                )
        elif not isinstance(value, bool):
            errors.append(FieldProblem(name, "invalid", _("This must be true or false.")))
    if errors:
        raise Problem("invalid", errors=errors)
    return asked | dict(body)


def _in_the_trash() -> Problem:
    return Problem("in_the_trash", _("The picture is in the trash. Restore it first."))
