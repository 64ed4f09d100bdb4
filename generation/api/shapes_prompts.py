"""Serializers of the prompt helper's requests and responses."""

from rest_framework import serializers

from artgen.api.shapes import Shape, Text
from generation.catalog.parameters import PROMPT_MAX_LENGTH


class EnhanceShape(Shape):
    """A prompt to enhance."""

    prompt = Text(
        allow_blank=True, max_length=PROMPT_MAX_LENGTH, help_text="At most 2,000 characters."
    )

    class Meta:
        ref_name = "PromptToEnhance"


class TranslateShape(EnhanceShape):
    """A prompt to translate."""

    model = Text(
        required=False,
        allow_null=True,
        help_text="Slug of the model that the prompt is for: its preferred language is the target, "
        "English if not given.",
    )

    class Meta:
        ref_name = "PromptToTranslate"


class ProposalShape(Shape):
    """A proposed prompt. Create a job with both prompts to keep the original with it."""

    prompt = serializers.CharField(help_text="At most 2,000 characters.")
    original_prompt = serializers.CharField(help_text="The prompt as given.")
    language = serializers.CharField(
        allow_blank=True,
        help_text="ISO 639-1 code of the language of a translation; empty for an enhancement.",
    )
    credits = serializers.IntegerField(help_text="Charged for it.")

    class Meta:
        ref_name = "Proposal"
