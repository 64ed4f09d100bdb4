"""Which endpoint makes a job: the first that is well, has room and does not cost too much."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from generation.jobs.queue.scheduling import Candidate, Load, Openings
from generation.models import Endpoint

CENT = Decimal("0.00001")


class EndpointChoice:
    """Gives the next jobs of a model, one by one, to its endpoints while these have room."""

    def __init__(self, openings: Openings, loads: Mapping[int, Load]) -> None:
        self._model, self._endpoints = openings.model, openings.endpoints
        # The only endpoint costs what the job was placed with, also if staff change it.
        self._usual = openings.model.cost if openings.has_choice else None
        self._room = {
            endpoint.pk: loads.get(endpoint.pk, Load()).room(endpoint, most=openings.most(endpoint))
            for endpoint in openings.open
        }
        self._left = 0  # jobs in line so far that wait

    @property
    def is_full(self) -> bool:
        return all(room < 1 for room in self._room.values())

    def take(
        self, candidate: Candidate, *, fits: Callable[[Decimal], bool]
    ) -> tuple[Endpoint, Decimal] | None:
        """Return the endpoint that gets the job, and what it costs there; None: it waits.

        `fits` says whether budgets allow this cost. What repeats an image exactly waits for the
        endpoint that has made it, unless this one is closed or costs too much now.
        """
        for endpoint, usd in self._order(candidate):
            if self._room[endpoint.pk] >= 1 and fits(usd):
                self._room[endpoint.pk] -= 1
                return endpoint, usd
        self._left += 1
        return None

    def is_too_dear(self, candidate: Candidate) -> bool:
        """Return whether no endpoint costs little enough, not even one that is closed now."""
        return not self._affordable(candidate, self._endpoints)

    def _order(self, candidate: Candidate) -> list[tuple[Endpoint, Decimal]]:
        is_open = [endpoint for endpoint in self._endpoints if endpoint.pk in self._room]
        affordable = self._affordable(candidate, is_open)
        if wanted := [pair for pair in affordable if pair[0].pk == candidate.wanted]:
            return wanted
        if self._model.cheapest_first:
            affordable.sort(key=lambda pair: pair[1])
        if (rent_after := self._model.rent_after_seconds) is None:
            return affordable
        own = [pair for pair in affordable if pair[0].is_own]
        at_once = sum(endpoint.max_in_flight for endpoint, _usd in own)
        # For its place in line at the own ones, where `at_once` end in the typical time.
        seconds = (self._left + 1) * self._model.typical_seconds
        is_patient = candidate.background and bool(own)
        if is_patient or candidate.waited * at_once + seconds < rent_after * at_once:
            return own
        return own + [pair for pair in affordable if not pair[0].is_own]

    def _affordable(
        self, candidate: Candidate, endpoints: Sequence[Endpoint]
    ) -> list[tuple[Endpoint, Decimal]]:
        """Return the endpoints within the model's ceiling and the job's hold, with their costs.

        The price is made for the usual cost, so an endpoint without a cost of its own is within
        the hold.
        """
        ceiling, hold = self._model.max_usd, candidate.hold
        if (
            hold is not None and candidate.background
        ):  # its discount leaves the endpoints as they are
            share = 100 - (self._model.background_discount or 0)
            hold = hold * 100 / share if share else None
        affordable = []
        for endpoint in endpoints:
            if candidate.tries != endpoint.pk if candidate.tries else not endpoint.enabled:
                continue
            own = endpoint.own_cost
            cost = own or self._usual
            usd = candidate.usd
            if cost:
                usd = cost.of(images=1, pixels=candidate.pixels).quantize(CENT)
            if own and hold is not None and usd > hold:
                continue
            if ceiling is None or usd <= ceiling or candidate.tries:
                affordable.append((endpoint, usd))
        return affordable
