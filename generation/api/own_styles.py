"""Own styles: list, create, get, change, delete."""

from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from rest_framework.request import Request

from accounts.access.request_user import user_of
from artgen.api.inputs import Body, Query, Text
from artgen.api.operations import operation
from artgen.api.views import ApiView, first_or_404
from generation.models import OwnStyle
from generation.models.presets import STYLE_NAME_MAX, STYLE_TEXT_MAX
from generation.owned_rows import named_rows
from generation.studio.presets import own_styles

EXAMPLE = {
    "name": "Risograph",
    "template": "{prompt}, risograph print, two colors",
    "negative": "photo",
}


class OwnStyleJson(TypedDict):
    """An own style. `GET /api/v1/styles/` lists it, too, after the built-in ones."""

    id: UUID
    slug: Annotated[str, "The `style` of a job."]
    name: str
    template: str
    negative: str
    created_at: datetime


class OwnStyleOrderBody(Body):
    """An own style to create or to change."""

    name = Text(max_length=STYLE_NAME_MAX, help_text="Unique, ignoring case.")
    template = Text(
        max_length=STYLE_TEXT_MAX,
        help_text="One line; `{prompt}`, once, stands for the prompt of the job.",
    )
    negative = Text(
        max_length=STYLE_TEXT_MAX,
        required=False,
        allow_blank=True,
        help_text="Added to the negative prompt; empty for nothing.",
    )


class OwnStyles(ApiView):
    """`/api/v1/own-styles/`."""

    tag = "presets"

    @operation("GET own-styles/", query=Query)
    def list_own_styles(self, request: Request) -> list[OwnStyleJson]:
        """List own styles.

        With their texts, in order.
        """
        return [_style_json(style) for style in own_styles.of_user(user_of(request))]

    @operation(
        "POST own-styles/",
        body=OwnStyleOrderBody,
        status=201,
        problems=["too_many_requests", "too_many_styles"],
        bodies={"Risograph": EXAMPLE},
    )
    def create_own_style(self, request: Request) -> OwnStyleJson:
        """Create an own style.

        Up to 50.
        """
        body = {"negative": ""} | self.read_body()
        return _style_json(own_styles.create(user=user_of(request), **body))

    @operation("GET own-styles/<uuid:style_id>/")
    def get_own_style(self, request: Request, style_id: UUID) -> OwnStyleJson:
        """Get an own style."""
        return _style_json(_own(request, style_id))

    @operation(
        "PATCH own-styles/<uuid:style_id>/", body=OwnStyleOrderBody, problems=["too_many_requests"]
    )
    def change_own_style(self, request: Request, style_id: UUID) -> OwnStyleJson:
        """Change an own style.

        Some of its fields. Jobs that were created keep the old texts.
        """
        style, body = _own(request, style_id), self.read_body()
        return _style_json(own_styles.change(style, **body) if body else style)

    @operation("DELETE own-styles/<uuid:style_id>/")
    def delete_own_style(self, request: Request, style_id: UUID) -> None:
        """Delete an own style."""
        named_rows.delete(_own(request, style_id))


def _own(request: Request, style_id: UUID) -> OwnStyle:
    own: OwnStyle = first_or_404(OwnStyle.objects.of(request.user).present().filter(id=style_id))
    return own


def _style_json(style: OwnStyle) -> OwnStyleJson:
    return {
        "id": style.id,
        "slug": style.slug,
        "name": style.name,
        "template": style.template,
        "negative": style.negative,
        "created_at": style.created_at,
    }
