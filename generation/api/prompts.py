"""The prompt helper: translate and enhance a prompt, describe an image. Nothing is created."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request

from accounts.access.request_user import limited_token, user_of
from accounts.models import Scope
from artgen.api.inputs import Id, Text
from artgen.api.operations import operation
from artgen.api.views import ApiView
from generation.api.models import check_model
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.jobs.placing.job_request import MaxCreditsBody
from generation.models import ImageModel
from generation.studio.prompt_helper import proposals
from generation.studio.prompt_helper.instructions import ProposalKind
from generation.studio.prompt_helper.proposals import Proposal

proposing = partial(
    operation,
    problems=[
        *("price_too_high", "too_few_credits", "token_limit_reached", "permission_denied"),
        *(
            "prompt_helper_off",
            "no_proposal",
            "too_many_requests",
            "daily_limit",
            "monthly_limit",
            "generation_off",
        ),
        *("budget_reached", "unavailable"),
    ],
    scope=Scope.CREATE,
)


class ProposalJson(TypedDict):
    """A proposed prompt. Create a job with both prompts to keep the original with it."""

    prompt: Annotated[str, "At most 2,000 characters."]
    original_prompt: Annotated[str, "The prompt as given; empty for a description."]
    language: Annotated[
        str, "ISO 639-1 code of the language of a translation or description; empty otherwise."
    ]
    credits: Annotated[int, "Charged for it."]


class PromptToEnhanceBody(MaxCreditsBody):
    """A prompt to enhance."""

    prompt = Text(
        allow_blank=True, max_length=PROMPT_MAX_LENGTH, help_text="At most 2,000 characters."
    )


class PromptToTranslateBody(PromptToEnhanceBody):
    """A prompt to translate."""

    model = Text(
        required=False,
        allow_null=True,
        help_text="Slug of the model that the prompt is for: its preferred language is the target, "
        "English if not given.",
    )


class ImageToDescribeBody(MaxCreditsBody):
    """An image to describe."""

    image_id = Id(help_text="That of an image or upload.")


class Prompts(ApiView):
    """`/api/v1/prompts/translate/`."""

    @proposing(
        "POST prompts/translate/", body=PromptToTranslateBody, url_name="api_translate_prompt"
    )
    def translate_prompt(self, request: Request) -> ProposalJson:
        """Translate a prompt.

        Returns a proposal; nothing is created. It is charged unless it fails or equals the prompt.
        404 if this site has no prompt helper, 503 if it is busy or does not respond.
        """
        body = self.read_body()
        return _propose(request, ProposalKind.TRANSLATE, body, model=check_model(body))

    @proposing("POST prompts/enhance/", body=PromptToEnhanceBody, url_name="api_enhance_prompt")
    def enhance_prompt(self, request: Request) -> ProposalJson:
        """Enhance a prompt.

        Returns a proposal in the same language, with more details; nothing is created. It is
        charged unless it fails or equals the prompt. 404 if this site has no prompt helper, 503 if
        it is busy or does not respond.
        """
        return _propose(request, ProposalKind.ENHANCE, self.read_body())

    @proposing("POST prompts/describe/", body=ImageToDescribeBody, url_name="api_describe_image")
    def describe_image(self, request: Request) -> ProposalJson:
        """Describe an image as a prompt.

        Returns a prompt in the language of the request; nothing is created. It is charged unless
        it fails. 404 if no model of this site sees images, 503 if it is busy or does not respond.
        """
        body = self.read_body()
        proposal = proposals.describe(
            user=user_of(request),
            image_id=str(body["image_id"]),
            token_id=limited_token(request),
            max_credits=body.get("max_credits"),
        )
        return _json(proposal)


def _propose(
    request: Request,
    kind: ProposalKind,
    body: Mapping[str, Any],
    *,
    model: ImageModel | None = None,
) -> ProposalJson:
    proposal = proposals.propose(
        kind,
        user=user_of(request),
        prompt=body["prompt"],
        model=model,
        token_id=limited_token(request),
        max_credits=body.get("max_credits"),
    )
    return _json(proposal)


def _json(proposal: Proposal) -> ProposalJson:
    return {
        "prompt": proposal.prompt,
        "original_prompt": proposal.original_prompt,
        "language": proposal.language,
        "credits": proposal.credits,
    }
