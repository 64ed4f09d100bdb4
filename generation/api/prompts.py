"""The prompt helper: translate and enhance a prompt. Nothing is created."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from accounts.requests import limited_token, user_of
from artgen.api.shapes import read
from artgen.api.views import Endpoint, body_of
from generation.api import docs_prompts
from generation.api.models import check_model
from generation.api.shapes_prompts import EnhanceShape, ProposalShape, TranslateShape
from generation.prompt_helper import proposals
from generation.prompt_helper.instructions import Kind


class Translate(Endpoint):
    """`/api/v1/prompts/translate/`."""

    write_scope = Scope.CREATE

    @extend_schema(**docs_prompts.TRANSLATE)
    def post(self, request: Request) -> Response:
        """Return the prompt in the preferred language of a model."""
        given = read(TranslateShape(data=body_of(request)))
        model = check_model({"model": given["model"]}) if given.get("model") else None
        proposal = proposals.propose(
            Kind.TRANSLATE,
            user=user_of(request),
            prompt=given["prompt"],
            model=model,
            token_id=limited_token(request),
        )
        return Response(ProposalShape(proposal).data)


class Enhance(Endpoint):
    """`/api/v1/prompts/enhance/`."""

    write_scope = Scope.CREATE

    @extend_schema(**docs_prompts.ENHANCE)
    def post(self, request: Request) -> Response:
        """Return the prompt with more details."""
        given = read(EnhanceShape(data=body_of(request)))
        proposal = proposals.propose(
            Kind.ENHANCE,
            user=user_of(request),
            prompt=given["prompt"],
            token_id=limited_token(request),
        )
        return Response(ProposalShape(proposal).data)
