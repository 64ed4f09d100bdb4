"""Whether strangers can spend money without a limit."""

from django.conf import settings

from generation.jobs.inputs import reachability
from generation.models import Budget, ImageModel


def is_possible() -> bool:
    """Return whether anyone can sign up and use a paid key, and no budget limits all jobs."""
    if settings.SIGN_UP != "open" or settings.DEFAULT_CREDITS == 0:
        return False
    if reachability.is_demo() or not settings.RUNPOD_API_KEY:
        return False
    limited = set(Budget.objects.filter(group=None).values_list("model", flat=True))
    return None not in limited and ImageModel.objects.enabled().exclude(pk__in=limited).exists()
