"""Quotes: price and wait time of an order that is not placed."""

from datetime import datetime
from typing import Annotated, TypedDict

from rest_framework.request import Request

from accounts.models import Scope
from accounts.requests import user_of
from artgen.api.operations import operation
from artgen.api.views import Endpoint, body_of
from generation.api import examples
from generation.api.bodies import BATCH_ORDER, read_order
from generation.jobs import quotes
from generation.jobs.eta import EtaJson
from generation.jobs.quotes import Quote


class QuoteJson(TypedDict):
    """Price of an order, and wait time until its last image."""

    credits: int
    eta_seconds: Annotated[
        EtaJson | None,
        "Until the last image; null while a budget makes it wait, and if your limit of images in "
        "progress at once is 0.",
    ]
    parked_until: Annotated[
        datetime | None,
        "Until then at least the last image would wait for a budget of the site, else null.",
    ]


class Quotes(Endpoint):
    """`/api/v1/quotes/`."""

    tag = "jobs"

    @operation(
        "POST quotes/",
        body=BATCH_ORDER,
        bodies={"An image": examples.ORDER, **examples.BATCHES},
        scope=Scope.READ,
    )
    def quote(self, request: Request) -> QuoteJson:
        """Get a quote.

        The body of a job or a batch; no job is created.
        """
        order = read_order(body_of(request))
        user = user_of(request)
        return quote_json(
            quotes.of_requests(user=user, requests=order.requests, listed=order.listed)
        )


def quote_json(quote: Quote) -> QuoteJson:
    """Return the JSON of a quote."""
    return {
        "credits": quote.credits,
        "eta_seconds": quote.eta.as_json() if quote.eta else None,
        "parked_until": quote.parked_until,
    }
