"""What a user may use and has used: quotas, limits of storage, the spending limit of a token."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import job_app
from accounts.job_app import LimitUsage
from accounts.limits import period_limits, quotas
from accounts.limits.quotas import Quotas
from accounts.models import ApiToken, User
from artgen.web import formatting

LABELS = {
    "jobs_at_once": (gettext_lazy("Images in progress at once"), formatting.number),
    "jobs_waiting": (gettext_lazy("Images in the queue"), formatting.number),
    "jobs_per_day": (gettext_lazy("Images today"), formatting.number),
    "jobs_per_month": (gettext_lazy("Images this month"), formatting.number),
    "cancels_per_day": (gettext_lazy("Cancellations today"), formatting.number),
    "credits_per_day": (gettext_lazy("Credits today"), formatting.number),
    "credits_per_month": (gettext_lazy("Credits this month"), formatting.number),
    "upload_bytes": (gettext_lazy("Uploads"), formatting.file_size),
    "image_bytes": (gettext_lazy("Images"), formatting.file_size),
}
"""The label of each limit that is shown, and how its numbers are written."""


@dataclass(frozen=True)
class UserLimits:
    """All limits of a user by name, and what an order may ask for."""

    limits: Mapping[str, LimitUsage]
    quotas: Quotas
    models: Callable[[], Mapping[str, str]]


def of(user: User) -> UserLimits:
    """Return all limits of the user."""
    allowed, used = quotas.of(user), period_limits.used(user)
    of_jobs = job_app.registered.usage(user, allowed)
    counted = {
        counter.quota: LimitUsage(
            allowed.limit(counter.quota), used[counter.quota], period_limits.resets_at(counter)
        )
        for counter in period_limits.COUNTERS
    }
    return UserLimits(dict(of_jobs.limits) | counted, allowed, of_jobs.models)


def of_token(token_id: UUID) -> LimitUsage:
    limit, spent = ApiToken.objects.values_list("credit_limit", "credits_spent").get(pk=token_id)
    return LimitUsage(limit, spent)


@dataclass(frozen=True)
class LimitRow:
    """A limit in words: "12 of 2,000"; `percent` is None without a limit."""

    label: str
    used: str
    limit: str
    percent: int | None
    note: str = ""


def rows(user: User, *, show_unlimited: bool = False) -> list[LimitRow]:
    """Return what is limited, or takes storage; with `show_unlimited` also what has no limit."""
    limits = of(user)
    shown = []
    for name, (label, written) in LABELS.items():
        limit = limits.limits[name]
        if limit.limit is None and not name.endswith("_bytes") and not show_unlimited:
            continue
        shown.append(
            LimitRow(
                label=str(label),
                used=written(limit.used),
                limit="" if limit.limit is None else written(limit.limit),
                percent=None if limit.limit is None else round(100 * limit.share),
                note=_note(limit),
            )
        )
    return [*shown, *_allowed(limits)]


def _note(limit: LimitUsage) -> str:
    """Return when a limit that is reached starts again, "" for others and for one of 0."""
    if not limit.limit or limit.used < limit.limit or limit.resets_at is None:
        return ""
    return _("Resets on %(time)s.") % {"time": formatting.moment(limit.resets_at)}


def _allowed(limits: UserLimits) -> Iterator[LimitRow]:
    """Yield what an order may ask for, if the user's quotas limit it."""
    allowed = limits.quotas
    if allowed.models is not None:
        names = ", ".join(limits.models().values()) or _("none")
        yield LimitRow(label=_("Models"), used=names, limit="", percent=None)
    if allowed.megapixels is not None:
        text = quotas.megapixels_text(allowed.megapixels)
        yield LimitRow(label=_("Largest image"), used=text, limit="", percent=None)
    if (batch := allowed.limit("batch")) is not None:
        text = formatting.number(batch)
        yield LimitRow(label=_("Images in one request"), used=text, limit="", percent=None)
