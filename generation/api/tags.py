"""The user's tags."""

from typing import Annotated, TypedDict

from rest_framework.request import Request

from accounts.access.request_user import user_of
from artgen.api.inputs import Query
from artgen.api.operations import operation
from artgen.api.views import ApiView
from generation.gallery import tags


class TagJson(TypedDict):
    """A tag of yours; only you see it."""

    name: str
    count: Annotated[int, "Images with it, except those in the trash."]
    count_is_more: Annotated[
        bool, "Whether more images have it than `count`: counting stops at 1,000."
    ]


class Tags(ApiView):
    """`/api/v1/tags/`."""

    tag = "images"

    @operation("GET tags/", query=Query, is_revalidated=True)
    def list_tags(self, request: Request) -> list[TagJson]:
        """List tags.

        By name, on one page. A tag exists while an image has it: `PATCH /api/v1/images/ID/` changes
        the tags of an image. Images of a tag: `GET /api/v1/images/?tag=NAME`; with all of several
        tags: `?tag=NAME,NAME`.
        """
        return [
            {"name": tag.name, "count": tag.count, "count_is_more": tag.is_more}
            for tag in tags.own(user_of(request))
        ]
