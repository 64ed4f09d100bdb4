"""What the audit log shows for the texts that our code stores, which are English.

They are stored in one language so that a search finds them, and shown in that of the reader.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

PHRASES: tuple[tuple[str, Promise], ...] = (
    ("approved", pgettext_lazy("audit log", "approved")),
    ("approved, author trusted", pgettext_lazy("audit log", "approved, author trusted")),
    ("(?:rejected|refused): (?P<text>.+)", pgettext_lazy("audit log", "rejected: %(text)s")),
    ("looked at", pgettext_lazy("audit log", "looked at")),
    ("sharing stopped", pgettext_lazy("audit log", "made private")),
    ("check requested", pgettext_lazy("audit log", "check requested")),
    ("canceled", pgettext_lazy("audit log", "canceled")),
    ("retried", pgettext_lazy("audit log", "retried")),
    ("pause ended", pgettext_lazy("audit log", "pause ended")),
    ("enabled", pgettext_lazy("audit log", "turned on")),
    ("disabled", pgettext_lazy("audit log", "turned off")),
    (
        "(?:tried at the house's cost|tried): job (?P<text>.+)",
        pgettext_lazy("audit log", "tried: job %(text)s"),
    ),
    (
        r"tried on recent prompts: (?P<count>\d+) matched",
        pgettext_lazy("audit log", "tried on recent prompts; matched: %(count)s"),
    ),
    ("turned on", pgettext_lazy("audit log", "image creation turned on")),
    ("turned off", pgettext_lazy("audit log", "image creation turned off")),
    ("turned off: (?P<text>.+)", pgettext_lazy("audit log", "image creation turned off: %(text)s")),
    (
        r"banned until (?P<time>\S+ \S+ \S+): (?P<text>.+)",
        pgettext_lazy("audit log", "banned until %(time)s: %(text)s"),
    ),
    (
        "banned without an end: (?P<text>.+)",
        pgettext_lazy("audit log", "banned without an end: %(text)s"),
    ),
    (
        "ban lifted; its reason was: (?P<text>.+)",
        pgettext_lazy("audit log", "ban lifted; its reason was: %(text)s"),
    ),
    ("closed, to be erased", pgettext_lazy("audit log", "locked, to be deleted")),
    ("kept", pgettext_lazy("audit log", "kept, not to be deleted")),
    ("signed out everywhere", pgettext_lazy("audit log", "signed out everywhere")),
    (
        "signed out on one device: (?P<text>.+)",
        pgettext_lazy("audit log", "signed out on one device: %(text)s"),
    ),
    (
        r"(?P<amount>[+-]\d+) credits: (?P<text>.+)",
        pgettext_lazy("audit log", "credits: %(amount)s; %(text)s"),
    ),
    (r"granted (?P<amount>\d+) credits", pgettext_lazy("audit log", "credits granted: %(amount)s")),
    ("declined: (?P<text>.+)", pgettext_lazy("audit log", "declined: %(text)s")),
    (
        r"created (?P<count>\d+) vouchers: (?P<amount>\d+) credits, (?P<uses>\d+) uses each",
        pgettext_lazy(
            "audit log", "vouchers created: %(count)s; credits: %(amount)s; uses of each: %(uses)s"
        ),
    ),
    (
        r"downloaded codes of vouchers: (?P<count>\d+)",
        pgettext_lazy("audit log", "codes of vouchers downloaded: %(count)s"),
    ),
    ("revoked", pgettext_lazy("audit log", "revoked")),
    ("sent again", pgettext_lazy("audit log", "sent again")),
    (
        r"invited with (?P<amount>\d+) starting credits",
        pgettext_lazy("audit log", "invited, starting credits: %(amount)s"),
    ),
)
_COMPILED = [(re.compile(pattern, re.DOTALL), phrase) for pattern, phrase in PHRASES]


def translated(text: str) -> str:
    """Return a stored text in the active language; one that is not ours as it is."""
    for pattern, phrase in _COMPILED:
        if match := pattern.fullmatch(text):
            return str(phrase) % match.groupdict() if match.groupdict() else str(phrase)
    return text
