"""Quotes: price and wait time of an order that is not placed."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope, User
from artgen.api.views import Endpoint, body_of
from generation.api import docs_jobs
from generation.api.bodies import read_order
from generation.api.shapes_jobs import QuoteShape
from generation.jobs import quotes


class Quotes(Endpoint):
    """`/api/v1/quotes/`."""

    write_scope = Scope.READ  # places nothing

    @extend_schema(**docs_jobs.QUOTE)
    def post(self, request: Request) -> Response:
        """Return price and wait time of a job or batch."""
        order = read_order(body_of(request))
        quote = quotes.quote(
            user=cast(User, request.user), requests=order.requests, listed=order.listed
        )
        shown = {
            "credits": quote.credits,
            "eta_seconds": quote.eta,
            "parked_until": quote.parked_until,
        }
        return Response(QuoteShape(shown).data)
