"""Limit how many threads of this process wait for the text endpoint, which may take long.

At most half of them, and one thread stays that waits for nothing: pages go on while the endpoint
hangs. The limits apply to each process.
"""

from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
from generation.files.threads import Threads

RETRY_AFTER_SECONDS = 5


class HelperBusy(Refusal):
    """This process makes as many calls as it may at once."""

    code = "unavailable"
    status = 503
    text = gettext_lazy(
        "The prompt helper is busy. Your prompt is unchanged and nothing was charged. Try again "
        "in a few seconds."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER_SECONDS)


waiting = Threads(busy=HelperBusy)
