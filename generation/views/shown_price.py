"""The price that a form has shown: its order is not placed for more."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.credits.holds import MAX_CREDITS_FIELD
from artgen.refusals import FieldError
from generation.catalog.offers import InvalidParameters
from generation.studio.forms.field_texts import is_whole

DRAFT_FIELD = "max_draft_credits"


def max_credits_of(request: HttpRequest, *, field: str = MAX_CREDITS_FIELD) -> int | None:
    """Return the price that was shown, or a higher one that was accepted since.

    None if none was shown. Raises InvalidParameters.
    """
    texts = [*request.GET.getlist(field), *request.POST.getlist(field)]
    if not all(map(is_whole, texts)):
        raise InvalidParameters([FieldError(field, "invalid", _("Must be a whole number."))])
    return max(map(int, texts), default=None)
