"""What ledger entries are for: the app that has the jobs provides LEDGER_DESCRIPTIONS.

For the codes that returns have as their reason it provides LEDGER_REASONS, for holds without a job
LEDGER_SERVICES.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class LedgerDescription:
    """One job that was paid for: prompt, model, label, link and thumbnail."""

    title: str
    model: str
    label: str
    """For whom or what it is; "" if nobody has said it."""
    url: str
    thumbnail: str


def of(references: Collection[UUID]) -> Mapping[UUID, LedgerDescription]:
    """Return the known descriptions of these references, in a constant number of queries."""
    if not references:
        return {}
    describe: Callable[[Collection[UUID]], Mapping[UUID, LedgerDescription]] = import_string(
        settings.LEDGER_DESCRIPTIONS
    )
    return describe(references)


def reason_of(code: str) -> str:
    """Return why the hold of a job was released, in the active language."""
    describe: Callable[[str], str] = import_string(settings.LEDGER_REASONS)
    return describe(code)


def service_of(reason: str) -> str:
    """Return what a hold without a job is for, in the active language; "" for that of a job."""
    describe: Callable[[str], str] = import_string(settings.LEDGER_SERVICES)
    return describe(reason)
