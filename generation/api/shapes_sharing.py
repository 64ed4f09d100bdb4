"""Serializers of sharing: links and publications."""

import re
from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from artgen.api.shapes import Flag, Moment, Shape, Text, wrong_choice
from generation.gallery import sharing
from generation.models import PublicationState

SECRET_MAX_LENGTH = 100
ITEM_MAX = 2**53 - 1


class PublicationShape(Shape):
    """A request to show the image to everyone on /explore/, and its outcome."""

    state = serializers.ChoiceField(
        choices=PublicationState.choices,
        help_text="`waiting` for a review, `published`, `hidden` after reports until staff review "
        "it again, `refused`, `withdrawn` by you.",
    )
    reason = serializers.CharField(allow_blank=True, help_text="Why it was refused.")
    url = serializers.URLField(allow_null=True, help_text="Its public page, while published.")
    with_parameters = serializers.BooleanField()
    with_name = serializers.BooleanField()
    asked_at = Moment()
    decided_at = Moment(allow_null=True)
    published_at = Moment(allow_null=True)

    class Meta:
        ref_name = "Publication"


class CollectionShareShape(Shape):
    """How a collection is shared. `url` is null if no link is active."""

    url = serializers.URLField(
        allow_null=True, help_text="The page that anyone with this address can see."
    )
    expires_at = Moment(allow_null=True, help_text="Null: active until it is turned off.")
    with_parameters = serializers.BooleanField(
        help_text="Whether the page shows prompt and parameters."
    )
    with_name = serializers.BooleanField(
        help_text="Whether the page shows the name of your account; never the email."
    )

    class Meta:
        ref_name = "CollectionShare"


class ShareShape(CollectionShareShape):
    """How an image is shared. `url` is null if no link is active."""

    publication = PublicationShape(allow_null=True, help_text="The latest request to publish.")

    class Meta:
        ref_name = "Share"


class LinkDays(serializers.IntegerField):
    """For how many days a link works, null for no limit."""

    def to_internal_value(self, data: Any) -> int:
        """Accept only LINK_DAYS."""
        if isinstance(data, bool) or not isinstance(data, int) or data not in sharing.LINK_DAYS:
            raise wrong_choice((*sharing.LINK_DAYS, None))
        return data


class LinkShape(Shape):
    """A link to create or change."""

    expires_in_days = LinkDays(
        required=False,
        allow_null=True,
        help_text="1, 7 or 30 days from now; null, the default: until it is turned off.",
    )
    with_parameters = Flag(required=False, default=False)
    with_name = Flag(required=False, default=False)
    new = Flag(required=False, default=False, help_text="Replace the link by a new one.")

    class Meta:
        ref_name = "Link"


class Secret(Text):
    """The secret of a link."""

    def run_validators(self, value: Any) -> None:
        """Accept only what a secret can be."""
        serializers.CharField.run_validators(self, value)


class ItemNumber(serializers.IntegerField):
    """The number of an image in a shared collection; other types are not converted.

    A whole number with a fraction of zero is an integer in JSON Schema, too.
    """

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class SharedImageShape(Shape):
    """The link of an image that another user shares."""

    share = Secret(
        max_length=SECRET_MAX_LENGTH,
        validators=[RegexValidator(r"^[-\w]+\Z", _("Letters, digits, - and _."), flags=re.ASCII)],
        help_text="The secret in the address of its page: `/s/SECRET/`, or `/c/SECRET/ITEM/` in a "
        "shared collection.",
    )
    item = ItemNumber(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=ITEM_MAX,
        help_text="Of an image in a shared collection: the number in the address of its page.",
    )

    class Meta:
        ref_name = "SharedImage"
