"""The user's tags."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from artgen.api.views import Endpoint, query_of
from generation.api import docs_tags
from generation.api.shapes_tags import TagShape
from generation.gallery import tags


class Tags(Endpoint):
    """`/api/v1/tags/`."""

    is_revalidated = True

    @extend_schema(**docs_tags.LIST_TAGS)
    def get(self, request: Request) -> Response:
        """Return all tags of the user by name, on one page."""
        query_of(request)
        return Response(TagShape(tags.own(request.user), many=True).data)
