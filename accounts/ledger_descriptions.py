"""What entries of the ledger were for. Only the app that makes things knows: LEDGER_SUBJECTS names its function."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Subject:
    """One thing that was paid for: its name, who made it, why it failed, which run it belongs to, where to see it."""

    title: str
    maker: str
    trouble: str
    run: UUID | None
    url: str
    run_url: str
    picture: str


def of(references: Collection[UUID]) -> Mapping[UUID, Subject]:
    """Return what is known of these references, in a constant number of queries; none for no references."""
    if not references:
        return {}
    describe: Callable[[Collection[UUID]], Mapping[UUID, Subject]] = import_string(
        settings.LEDGER_SUBJECTS
    )
    return describe(references)
