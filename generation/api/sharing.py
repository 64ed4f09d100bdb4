"""Who can see an image or a collection: its link, and the request to publish an image."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypedDict, TypeVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request

from accounts.access.request_user import user_of
from accounts.limits import rate_limits
from artgen.api.inputs import Body, Flag, wrong_choice
from artgen.api.json_types import Url
from artgen.api.operations import Answer, operation
from artgen.api.views import ApiView, first_or_404
from generation.api.collections import own_collection
from generation.gallery.sharing import collection_share_links, publications, share_links
from generation.gallery.sharing.visibility import address_of
from generation.models import Collection, Image, Publication, PublicationState, Visibility

A_WEEK = {"A week, with parameters": {"expires_in_days": 7, "with_parameters": True}}
CHANGED = {200: "Changed"}

Owned = TypeVar("Owned", Image, Collection)


class PublicationJson(TypedDict):
    """A request to show the image to everyone on /explore/, and its outcome."""

    state: Annotated[
        str,
        PublicationState,
        "`waiting` for a review, `published`, `hidden` after reports until staff review it again, "
        "`refused`, `withdrawn` by you.",
    ]
    reason: Annotated[str, "Why it was refused."]
    url: Annotated[Url | None, "Its public page, while published."]
    with_parameters: bool
    with_name: bool
    asked_at: datetime
    decided_at: datetime | None
    published_at: datetime | None


class CollectionShareJson(TypedDict):
    """How a collection is shared. `url` is null if no link is active."""

    url: Annotated[Url | None, "The page that anyone with this address can see."]
    expires_at: Annotated[datetime | None, "Null: active until it is turned off."]
    with_parameters: Annotated[bool, "Whether the page shows prompt and parameters."]
    with_name: Annotated[bool, "Whether the page shows the name of your account; never the email."]


class ShareJson(CollectionShareJson):
    """How an image is shared. `url` is null if no link is active."""

    publication: Annotated[PublicationJson | None, "The latest request to publish."]


class LinkDays(serializers.ChoiceField):
    """For how many days a link works, null for no limit."""

    def to_internal_value(self, data: object) -> Any:  # an int; the stubs say str
        """Accept only LINK_DAYS as numbers; 7.0 is an integer in JSON Schema, too."""
        if isinstance(data, bool) or not isinstance(data, int | float) or data not in self.choices:
            raise wrong_choice((*self.choices, None))
        return int(data)


class LinkBody(Body):
    """A link to create or change."""

    expires_in_days = LinkDays(
        choices=share_links.LINK_DAYS,
        required=False,
        allow_null=True,
        help_text="1, 7 or 30 days from now; null, the default: until it is turned off.",
    )
    with_parameters = Flag(required=False, default=False)
    with_name = Flag(required=False, default=False)
    new = Flag(required=False, default=False, help_text="Replace the link by a new one.")


class LinkEndpoint(ApiView):
    """The link of an image or a collection."""

    def change(self, owned: Owned, share: Callable[..., Owned]) -> tuple[Owned, int]:
        """Create or change the link with `share`, as the body says; return also the status."""
        body = self.read_body()
        rate_limits.spend("share", user_of(self.request).pk)
        had_link = owned.has_link and not body["new"]
        changed = share(
            owned,
            until=share_links.until(days=body.get("expires_in_days")),
            with_parameters=body["with_parameters"],
            with_name=body["with_name"],
            renew=body["new"],
        )
        return changed, 200 if had_link else 201


class Share(LinkEndpoint):
    """`/api/v1/images/ID/share/`."""

    @operation("GET images/<uuid:image_id>/share/")
    def get_share(self, request: Request, image_id: UUID) -> ShareJson:
        """Get how an image is shared."""
        return _share_json(own_image(request, image_id))

    @operation(
        "POST images/<uuid:image_id>/share/",
        body=LinkBody,
        status=201,
        also=CHANGED,
        problems=["too_many_requests", "in_the_trash"],
        bodies=A_WEEK,
    )
    def share_image(self, request: Request, image_id: UUID) -> Answer[ShareJson]:
        """Share an image by link.

        Creates a link that cannot be guessed, or changes the existing one; its address stays the
        same unless `new`. Without parameters, the prompt is removed from the files. An address of
        the file itself stays valid for up to ten minutes after the link is turned off.
        """
        image, status = self.change(own_image(request, image_id), share_links.share_by_link)
        return Answer(_share_json(image), status=status)

    @operation("DELETE images/<uuid:image_id>/share/")
    def stop_sharing_image(self, request: Request, image_id: UUID) -> None:
        """Turn off the link to an image.

        Permanent: a later link has another address.
        """
        share_links.stop_link(own_image(request, image_id))

    @operation(
        "POST images/<uuid:image_id>/share/appeal/",
        problems=["in_the_trash", "already_decided", "too_many_waiting", "too_many_requests"],
    )
    def appeal_publication(self, request: Request, image_id: UUID) -> ShareJson:
        """Appeal against a rule that refused to publish an image.

        A moderator will review the image. Possible while `publication.state` is `refused` by a
        rule, not by a moderator.
        """
        image = own_image(request, image_id)
        rate_limits.spend("share", user_of(request).pk)
        publications.appeal(image)
        return _share_json(image)


class CollectionShare(LinkEndpoint):
    """`/api/v1/collections/ID/share/`."""

    @operation("GET collections/<uuid:collection_id>/share/")
    def get_collection_share(self, request: Request, collection_id: UUID) -> CollectionShareJson:
        """Get how a collection is shared."""
        return _link_json(own_collection(request, collection_id), route="shared_collection")

    @operation(
        "POST collections/<uuid:collection_id>/share/",
        body=LinkBody,
        status=201,
        also=CHANGED,
        problems=["too_many_requests"],
        bodies=A_WEEK,
    )
    def share_collection(
        self, request: Request, collection_id: UUID
    ) -> Answer[CollectionShareJson]:
        """Share a collection by link.

        Creates a link that cannot be guessed, or changes the existing one; its address stays the
        same unless `new`. Its page shows the collection’s name and its images, later ones included.
        Images in the trash are left out, and those that moderators keep from Explore.
        """
        collection = own_collection(request, collection_id)
        collection, status = self.change(collection, collection_share_links.share)
        return Answer(_link_json(collection, route="shared_collection"), status=status)

    @operation("DELETE collections/<uuid:collection_id>/share/")
    def stop_sharing_collection(self, request: Request, collection_id: UUID) -> None:
        """Turn off the link to a collection.

        Permanent: a later link has another address.
        """
        collection_share_links.stop(own_collection(request, collection_id))


def own_image(request: Request, image_id: UUID) -> Image:
    """Return one of the user's own images, also from the trash; raise Http404."""
    return first_or_404(Image.objects.of(request.user).present().with_origin().filter(id=image_id))


def show_to(image: Image, visibility: str) -> Image:
    """Change who can see the image and return it; "public" requests a review by staff."""
    if visibility == Visibility.PRIVATE:
        return share_links.make_private(image)
    if visibility == Visibility.LINK:
        return share_links.keep_to_link(image)
    publications.ask_to_publish(
        image,
        with_parameters=image.has_link and image.link_parameters,
        with_name=image.has_link and image.link_name,
    )
    return image


def _share_json(image: Image) -> ShareJson:
    return {
        **_link_json(image, route="shared"),
        "publication": _publication_json(publications.last(image)),
    }


def _link_json(owned: Image | Collection, *, route: str) -> CollectionShareJson:
    slug = owned.link_slug if owned.has_link else None
    return {
        "url": address_of(slug, route=route) if slug else None,
        "expires_at": owned.link_until if slug else None,
        "with_parameters": bool(slug) and owned.link_parameters,
        "with_name": bool(slug) and owned.link_name,
    }


def _publication_json(publication: Publication | None) -> PublicationJson | None:
    if publication is None:
        return None
    is_shown = publication.state == PublicationState.PUBLISHED
    return {
        "state": publication.state,
        "reason": publication.reason,
        "url": address_of(publication.slug) if is_shown else None,
        "with_parameters": publication.with_parameters,
        "with_name": publication.with_name,
        "asked_at": publication.asked_at,
        "decided_at": publication.decided_at,
        "published_at": publication.published_at,
    }
