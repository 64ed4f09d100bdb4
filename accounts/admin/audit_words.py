"""What the audit log shows for the texts that our code stores, which are English.

They are stored in one language so that a search finds them, and shown in that of the reader.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

AUDIT = "audit log"
PHRASES: tuple[tuple[str, Promise], ...] = (
    ("approved", pgettext_lazy(AUDIT, "approved")),
    ("approved, author trusted", pgettext_lazy(AUDIT, "approved, author trusted")),
    ("(?:rejected|refused): (?P<text>.+)", pgettext_lazy(AUDIT, "rejected: %(text)s")),
    ("looked at", pgettext_lazy(AUDIT, "looked at")),
    ("sharing stopped", pgettext_lazy(AUDIT, "made private")),
    ("check requested", pgettext_lazy(AUDIT, "check requested")),
    ("canceled", pgettext_lazy(AUDIT, "canceled")),
    ("retried", pgettext_lazy(AUDIT, "retried")),
    ("pause ended", pgettext_lazy(AUDIT, "pause ended")),
    ("enabled", pgettext_lazy(AUDIT, "turned on")),
    ("disabled", pgettext_lazy(AUDIT, "turned off")),
    (
        "(?:tried at the house's cost|tried): job (?P<text>.+)",
        pgettext_lazy(AUDIT, "tried: job %(text)s"),
    ),
    ("turned on", pgettext_lazy(AUDIT, "image creation turned on")),
    ("turned off", pgettext_lazy(AUDIT, "image creation turned off")),
    ("turned off: (?P<text>.+)", pgettext_lazy(AUDIT, "image creation turned off: %(text)s")),
    (
        r"banned until (?P<time>\S+ \S+ \S+): (?P<text>.+)",
        pgettext_lazy(AUDIT, "banned until %(time)s: %(text)s"),
    ),
    (
        "banned without an end: (?P<text>.+)",
        pgettext_lazy(AUDIT, "banned without an end: %(text)s"),
    ),
    (
        "ban lifted; its reason was: (?P<text>.+)",
        pgettext_lazy(AUDIT, "ban lifted; its reason was: %(text)s"),
    ),
    ("closed, to be erased", pgettext_lazy(AUDIT, "locked, to be deleted")),
    ("kept", pgettext_lazy(AUDIT, "kept, not to be deleted")),
    ("signed out everywhere", pgettext_lazy(AUDIT, "signed out everywhere")),
    (
        "signed out on one device: (?P<text>.+)",
        pgettext_lazy(AUDIT, "signed out on one device: %(text)s"),
    ),
    (
        r"(?P<amount>[+-]\d+) credits: (?P<text>.+)",
        pgettext_lazy(AUDIT, "credits: %(amount)s; %(text)s"),
    ),
    (r"granted (?P<amount>\d+) credits", pgettext_lazy(AUDIT, "credits granted: %(amount)s")),
    ("declined: (?P<text>.+)", pgettext_lazy(AUDIT, "declined: %(text)s")),
    (
        r"created (?P<count>\d+) vouchers: (?P<amount>\d+) credits, (?P<uses>\d+) uses each",
        pgettext_lazy(
            AUDIT, "vouchers created: %(count)s; credits: %(amount)s; uses of each: %(uses)s"
        ),
    ),
    ("revoked", pgettext_lazy(AUDIT, "revoked")),
    ("sent again", pgettext_lazy(AUDIT, "sent again")),
    (
        r"invited with (?P<amount>\d+) starting credits",
        pgettext_lazy(AUDIT, "invited, starting credits: %(amount)s"),
    ),
)
_COMPILED = [(re.compile(pattern, re.DOTALL), phrase) for pattern, phrase in PHRASES]


def shown(text: str) -> str:
    """Return a stored text in the active language; one that is not ours as it is."""
    for pattern, phrase in _COMPILED:
        if found := pattern.fullmatch(text):
            return str(phrase) % found.groupdict() if found.groupdict() else str(phrase)
    return text
