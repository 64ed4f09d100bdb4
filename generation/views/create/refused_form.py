"""A form whose order is refused: shown again, with the reason."""

from collections.abc import Callable

from django.http import HttpResponse
from django.utils.translation import gettext as _

from artgen.observability import request_stats
from artgen.refusals import Refusal
from generation.jobs.placing.idempotency import OrderKeyRefused
from generation.studio.forms.comparison_form import ComparisonForm
from generation.studio.forms.composer import Composer


def show_refusal(
    form: Composer | ComparisonForm, refusal: Refusal, show: Callable[[int], HttpResponse]
) -> HttpResponse:
    """Return the form with the refusal in it, as `show(status)` renders it."""
    if isinstance(refusal, OrderKeyRefused):
        # The form was sent again after the browser's Back button: a new request now.
        text = _("This form was already sent. Select Create again to send it once more.")
        form.errors["form"] = [text]
        return show(409)
    form.explain(refusal)
    response = show(refusal.status)
    request_stats.mark(response, refusal)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response
