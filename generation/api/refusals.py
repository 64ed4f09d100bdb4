"""What `orders` refuses, as problems."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import ledger
from artgen import formatting
from artgen.api.problems import FieldProblem, Problem
from generation.catalog.offers import FieldError, InvalidParameters
from generation.jobs import orders

PAUSED_RETRY_SECONDS = 60


@contextmanager
def told(*, listed: bool = False) -> Iterator[None]:
    """Raise Problem for what `orders` raises inside; `listed`: the body had "jobs", so fields are `jobs[2].width`."""
    try:
        yield
    except InvalidParameters as refused:
        raise Problem("invalid", errors=_errors(refused, listed=listed)) from refused
    except ledger.TooFewCredits as refused:
        short = formatting.credits(refused.short)
        detail = _("%(credits)s short") % {"credits": short}
        raise Problem(
            "too_few_credits", detail, needed=refused.needed, available=refused.available
        ) from refused
    except orders.GenerationOff as refused:
        detail = refused.message or _("Creating is paused. Keep writing, nothing gets lost.")
        raise Problem(
            "generation_off", detail, headers={"Retry-After": str(PAUSED_RETRY_SECONDS)}
        ) from refused
    except orders.TooManyWaiting as refused:
        detail = ngettext(
            "At most %(count)d picture of yours may wait at once.",
            "At most %(count)d pictures of yours may wait at once.",
            refused.limit,
        )
        raise Problem(
            "too_many_waiting",
            detail % {"count": refused.limit},
            headers={"Retry-After": str(refused.retry_after)},
            limit=refused.limit,
        ) from refused
    except orders.KeyReused as refused:
        raise Problem(
            "idempotency_key_reused", _("A new request needs a new Idempotency-Key.")
        ) from refused
    except orders.KeyBusy as refused:
        raise Problem(
            "idempotency_key_busy", _("A new request needs a new Idempotency-Key.")
        ) from refused
    except orders.AlreadyFinal as refused:
        raise Problem(
            "already_final", _("It has ended or is being saved, so nothing can be stopped.")
        ) from refused


def _errors(refused: InvalidParameters, *, listed: bool) -> list[FieldProblem]:
    if not listed or not refused.by_request:
        return _under("", refused.errors)
    return [
        one
        for index, errors in refused.by_request.items()
        for one in _under(f"jobs[{index}].", errors)
    ]


def _under(prefix: str, errors: Sequence[FieldError]) -> list[FieldProblem]:
    return [FieldProblem(f"{prefix}{error.field}", error.code, error.detail) for error in errors]
