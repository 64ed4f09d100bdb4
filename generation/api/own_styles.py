"""Own styles: list, create, get, change, delete."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.requests import user_of
from artgen.api.shapes import read
from artgen.api.views import Endpoint, body_of, first_or_404, query_of
from generation.api import docs_presets
from generation.api.shapes_presets import OwnStyleRequestShape, OwnStyleShape
from generation.models import OwnStyle
from generation.presets import own_styles


class OwnStyles(Endpoint):
    """`/api/v1/own-styles/`."""

    @extend_schema(**docs_presets.LIST_OWN_STYLES)
    def get(self, request: Request) -> Response:
        """Return all own styles in order, on one page."""
        query_of(request)
        return Response(OwnStyleShape(own_styles.of_user(user_of(request)), many=True).data)

    @extend_schema(**docs_presets.MAKE_OWN_STYLE)
    def post(self, request: Request) -> Response:
        """Create an own style, the last one."""
        given = {"negative": ""} | read(OwnStyleRequestShape(data=body_of(request)))
        return Response(_one_json(own_styles.create(user=user_of(request), **given)), status=201)


class OwnStyleDetail(Endpoint):
    """`/api/v1/own-styles/ID/`."""

    @extend_schema(**docs_presets.GET_OWN_STYLE)
    def get(self, request: Request, style_id: UUID) -> Response:
        """Return one of the user's own styles."""
        return Response(_one_json(_own(request, style_id)))

    @extend_schema(**docs_presets.CHANGE_OWN_STYLE)
    def patch(self, request: Request, style_id: UUID) -> Response:
        """Change one of the user's own styles; jobs that were created keep its old texts."""
        own = _own(request, style_id)
        given = read(OwnStyleRequestShape(data=body_of(request), partial=True))
        return Response(_one_json(own_styles.change(own, **given) if given else own))

    @extend_schema(**docs_presets.DELETE_OWN_STYLE)
    def delete(self, request: Request, style_id: UUID) -> Response:
        """Delete one of the user's own styles."""
        own_styles.delete(_own(request, style_id))
        return Response(status=204)


def _own(request: Request, style_id: UUID) -> OwnStyle:
    found: OwnStyle = first_or_404(OwnStyle.objects.of(request.user).present().filter(id=style_id))
    return found


def _one_json(style: OwnStyle) -> Any:
    return OwnStyleShape(style).data
