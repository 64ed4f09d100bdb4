"""Serializers of reviews: requests that a rule stopped."""

from rest_framework import serializers

from artgen.api.shapes import Moment, Shape
from generation.models import Category, ReviewState
from generation.models.moderation import STAFF_ONLY

STATES = [choice for choice in ReviewState.choices if choice[0] not in STAFF_ONLY]


class ReviewShape(Shape):
    """A request for images that a rule of the site stopped, and what became of it."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(
        choices=STATES,
        help_text="`refused` by a rule, `waiting` for a moderator, `approved` or `rejected` by "
        "one, `canceled` by you.",
    )
    prompt = serializers.CharField()
    categories = serializers.ListField(
        child=serializers.ChoiceField(choices=Category.choices),
        help_text="What the rules are about.",
    )
    words = serializers.ListField(
        child=serializers.CharField(), help_text="What the rules found in the prompt."
    )
    count = serializers.IntegerField(help_text="Number of jobs in the request.")
    can_appeal = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True, help_text="Why a moderator rejected it.")
    obstacle = serializers.CharField(
        allow_blank=True,
        help_text="Why an approved request was not placed. The prompt is allowed now: send the "
        "request again.",
    )
    placed = serializers.UUIDField(
        allow_null=True, help_text="The batch, or the job, of an approved request."
    )
    created_at = Moment()
    appealed_at = Moment(allow_null=True)
    decided_at = Moment(allow_null=True)

    class Meta:
        ref_name = "Review"
