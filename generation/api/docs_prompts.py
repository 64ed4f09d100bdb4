"""OpenAPI descriptions of the prompt helper: arguments of `extend_schema`."""

from drf_spectacular.utils import OpenApiExample

from artgen.api.openapi import Docs, answer, problems
from generation.api import shapes_prompts

TAGS = ["prompts"]
ORIGINAL = "туман над чайными холмами, рисунок тушью"
TRANSLATED = {
    "prompt": "fog over tea hills, ink drawing",
    "original_prompt": ORIGINAL,
    "language": "en",
    "credits": 1,
}
ENHANCED = {
    "prompt": "fog over tea hills, ink drawing, layered ridges, soft gray washes, morning light",
    "original_prompt": TRANSLATED["prompt"],
    "language": "",
    "credits": 1,
}
PROBLEMS = problems(
    *("csrf_failed", "invalid", "malformed", "too_few_credits", "token_limit_reached"),
    *(
        "permission_denied",
        "prompt_helper_off",
        "too_large",
        "unsupported_media_type",
        "no_proposal",
    ),
    *("too_many_requests", "daily_limit", "monthly_limit", "generation_off"),
    *("budget_reached", "unavailable"),
    too_few_credits={"detail": "1 credit more needed", "needed": 1, "available": 0},
)
TRANSLATE: Docs = {
    "operation_id": "translate_prompt",
    "tags": TAGS,
    "summary": "Translate a prompt",
    "description": "Returns a proposal; nothing is created. It is charged unless it fails or "
    "equals the prompt. 404 if this site has no prompt helper, 503 if it is busy or does not "
    "respond.",
    "request": shapes_prompts.TranslateShape,
    "examples": [
        OpenApiExample(
            "For a model", {"prompt": ORIGINAL, "model": "z-image-turbo"}, request_only=True
        )
    ],
    "responses": {
        200: answer(shapes_prompts.ProposalShape, "The proposal", TRANSLATED),
        **PROBLEMS,
    },
}
ENHANCE: Docs = {
    "operation_id": "enhance_prompt",
    "tags": TAGS,
    "summary": "Enhance a prompt",
    "description": "Returns a proposal in the same language, with more details; nothing is "
    "created. It is charged unless it fails or equals the prompt. 404 if this site has no prompt "
    "helper, 503 if it is busy or does not respond.",
    "request": shapes_prompts.EnhanceShape,
    "examples": [OpenApiExample("A prompt", {"prompt": TRANSLATED["prompt"]}, request_only=True)],
    "responses": {200: answer(shapes_prompts.ProposalShape, "The proposal", ENHANCED), **PROBLEMS},
}
