"""Webhooks: list, add, delete. The page has their log, tests and new secrets."""

from datetime import datetime
from typing import Annotated, TypedDict, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request

from accounts.access.request_user import user_of
from accounts.credits import ledger
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.forms.webhooks import CREDITS_BELOW, WebhookForm
from accounts.limits import rate_limits
from accounts.models import WebhookAddress, WebhookTopic
from accounts.models.webhooks import URL_MAX_LENGTH
from accounts.webhooks import addresses
from artgen.api.inputs import Body, Choice, Number, Query, Text
from artgen.api.json_types import Keywords
from artgen.api.operations import operation
from artgen.api.views import ApiView, first_or_404

EXAMPLE = {"url": "https://hooks.example.com/artgen", "topics": ["jobs"]}


class WebhookJson(TypedDict):
    """An address to which events are sent."""

    id: UUID
    url: Annotated[str, Keywords(format="uri")]
    topics: Annotated[list[str], "Of which events: jobs, batches, credits, exports."]
    credits_below: int
    created_at: datetime
    is_on: Annotated[bool, "False after 410 or three days without a success."]


class NewWebhookJson(WebhookJson):
    """A new webhook with its secret, which is not shown again."""

    secret: Annotated[str, "Signs each message: standardwebhooks.com."]


class WebhookBody(Body):
    """A webhook to add."""

    url = Text(max_length=URL_MAX_LENGTH, help_text="https, at a public address.")
    topics = serializers.ListField(
        child=Choice(choices=WebhookTopic.values),
        required=False,
        allow_empty=False,
        help_text="Without it: all.",
        error_messages={"not_a_list": gettext_lazy("Must be a list.")},
    )
    credits_below = Number(
        min_value=1,
        max_value=ledger.MAX_CREDITS,
        required=False,
        help_text="`credits.low` is sent when the free credits fall below it.",
    )

    def validate_url(self, url: str) -> str:
        """Return the address; refuse what the page's form refuses."""
        try:
            return str(WebhookForm.base_fields["url"].clean(url))
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error


class WebhookAddresses(ApiView):
    """`/api/v1/webhooks/`."""

    @operation("GET webhooks/", query=Query)
    def list_webhooks(self, request: Request) -> list[WebhookJson]:
        """List webhooks.

        Oldest first, on one page.
        """
        return [_webhook_json(address) for address in addresses.of(user_of(request))]

    @operation(
        "POST webhooks/",
        body=WebhookBody,
        status=201,
        problems=["too_many_requests", "too_many_webhooks"],
        bodies={"Jobs": EXAMPLE},
    )
    def add_webhook(self, request: Request) -> NewWebhookJson:
        """Add a webhook.

        Up to 10. The owner of the account gets an email about it.
        """
        body = self.read_body()
        user = user_of(request)
        rate_limits.spend("webhook", user.pk)
        address, secret = addresses.add(
            user=user,
            url=body["url"],
            topics=body.get("topics", WebhookTopic.values),
            credits_below=body.get("credits_below", CREDITS_BELOW),
        )
        security_notices.send(
            Change.WEBHOOK_ADDED, user=user, request=cast(HttpRequest, request), host=address.host
        )
        return {**_webhook_json(address), "secret": secret}

    @operation("DELETE webhooks/<uuid:webhook_id>/")
    def delete_webhook(self, request: Request, webhook_id: UUID) -> None:
        """Delete a webhook.

        With its log.
        """
        own = WebhookAddress.objects.receivers().filter(user=user_of(request), id=webhook_id)
        addresses.remove(first_or_404(own.select_related("user")))


def _webhook_json(address: WebhookAddress) -> WebhookJson:
    return {
        "id": address.id,
        "url": address.url,
        "topics": address.topics.split(),
        "credits_below": address.credits_below,
        "created_at": address.created_at,
        "is_on": address.disabled_at is None,
    }
