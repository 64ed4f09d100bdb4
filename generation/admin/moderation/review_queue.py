"""What moderators decide, one at a time: images, reported images, requests, flags."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web import years
from generation.files import storage
from generation.gallery.sharing import publications
from generation.jobs.placing import reviewed_orders
from generation.models import (
    Image,
    ImageModel,
    PromptReview,
    Publication,
    PublicationQuerySet,
    PublicationState,
    Report,
    ReviewState,
    Upload,
)
from generation.moderation import prompt_reviews, trusted_authors
from generation.moderation.refusals import why

COUNT_MAX = 1000  # shown as "1000+": no count of a whole table
TEXTS_SHOWN, MAX_TEXTS = 2, 20
"""Texts of reports that are shown at once, and with those behind “Show more”."""
IMAGES, REPORTS, REQUESTS, FLAGGED = "images", "reports", "requests", "flagged"


class ReasonMissing(Refusal):
    """A rejection needs a reason for the person."""

    code = "invalid"
    text = _("Enter a reason. The owner will see it.")


@dataclass(frozen=True)
class ReviewQueue:
    """One kind of things to decide, oldest first."""

    name: str
    title: Promise
    at: str  # the column that orders it
    rows: Callable[[], QuerySet[Any]]
    right: str

    def after(self, position: "ReviewPosition | None") -> Publication | PromptReview | None:
        """Return the first row after the position, None if there is none."""
        rows = self.rows().order_by(self.at, "id")
        if position:
            later = Q(**{f"{self.at}__gt": position.at})
            rows = rows.filter(later | Q(**{self.at: position.at, "id__gt": position.id}))
        row: Publication | PromptReview | None = rows.first()
        return row

    def count(self) -> int:
        return self.rows().order_by()[:COUNT_MAX].count()


@dataclass(frozen=True, order=True)
class ReviewPosition:
    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"

    @classmethod
    def parsed(cls, text: str) -> "ReviewPosition | None":
        """Return the position that `str` wrote, None for other texts."""
        at, _tilde, id_text = text.partition("~")
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            return None
        row_id = parse_uuid(id_text)
        is_valid = row_id and moment.tzinfo and years.has(moment.date())
        return cls(moment, row_id) if row_id and is_valid else None


@dataclass(frozen=True)
class ReviewItem:
    queue: ReviewQueue
    row: Publication | PromptReview

    @property
    def position(self) -> ReviewPosition:
        return ReviewPosition(getattr(self.row, self.queue.at), self.row.id)

    @property
    def is_image(self) -> bool:
        return isinstance(self.row, Publication)

    @property
    def author(self) -> User:
        return self.row.image.user if isinstance(self.row, Publication) else self.row.user


def _publications() -> PublicationQuerySet:
    kept = Publication.objects.filter(image__trashed_at__isnull=True, image__user__is_active=True)
    return kept.select_related("image__user", "image__job__model")


QUEUES = (
    ReviewQueue(
        IMAGES,
        _("Images"),
        "asked_at",
        lambda: _publications().to_review(),
        "generation.change_publication",
    ),
    ReviewQueue(
        REPORTS,
        _("Reported"),
        "asked_at",
        lambda: _publications().reported(),
        "generation.change_publication",
    ),
    ReviewQueue(
        REQUESTS,
        _("Requests"),
        "created_at",
        lambda: PromptReview.objects.waiting().select_related("user"),
        "generation.change_promptreview",
    ),
    ReviewQueue(
        FLAGGED,
        _("Flagged"),
        "created_at",
        lambda: PromptReview.objects.filter(state=ReviewState.FLAGGED).select_related("user"),
        "generation.change_promptreview",
    ),
)
BLOCKING = (IMAGES, REPORTS, REQUESTS)
"""What somebody waits for. Flags are looked at when they are asked for."""


def queues_of(user: User | AnonymousUser) -> list[ReviewQueue]:
    return [queue for queue in QUEUES if user.has_perm(queue.right)]


def next_item(
    queues: list[ReviewQueue], *, show: str, after: ReviewPosition | None
) -> ReviewItem | None:
    """Return the oldest item after the position, else the oldest of all."""
    wanted = [queue for queue in queues if queue.name == show] or [
        queue for queue in queues if queue.name in BLOCKING
    ]
    for position in (after, None) if after else (None,):
        items = [ReviewItem(queue, row) for queue in wanted if (row := queue.after(position))]
        if items:
            return min(items, key=lambda item: item.position)
    return None


def find(queues: list[ReviewQueue], *, name: str, row_id: str) -> ReviewItem | None:
    """Return one item of these queues in any state, None if there is none."""
    queue = next((queue for queue in queues if queue.name == name), None)
    pk = parse_uuid(row_id)
    if queue is None or pk is None:
        return None
    row: Publication | PromptReview | None
    if name in (IMAGES, REPORTS):
        row = Publication.objects.select_related("image__user", "image__job").filter(pk=pk).first()
    else:
        row = PromptReview.objects.select_related("user").filter(pk=pk).first()
    return ReviewItem(queue, row) if row else None


def decide(item: ReviewItem, *, decision: str, reason: str, by: User) -> str:
    """Approve or reject the item and return what the log says of it.

    `decision` is approve, trust (approve, and trust the author from now on) or reject.

    Raises:
        ReasonMissing, moderation.refusals.AlreadyDecided: nothing was changed.
    """
    row = item.row
    if decision == "reject" and item.queue.name != FLAGGED:
        if not reason:
            raise ReasonMissing
        if isinstance(row, Publication):
            publications.refuse(row, by=by, reason=reason)
        else:
            prompt_reviews.reject(row, by=by, reason=reason)
        return f"rejected: {reason}"
    if isinstance(row, Publication):
        publications.publish(row, by=by)
        done = "approved"
    elif item.queue.name == FLAGGED:
        prompt_reviews.mark_seen(row, by=by)
        done = "looked at"
    else:
        reviewed_orders.approve(row, by=by)
        done = "approved"
    if decision == "trust":
        trusted_authors.trust(item.author, by=by)
        done += ", author trusted"
    return done


def shown(item: ReviewItem) -> dict[str, Any]:
    row = item.row
    context: dict[str, Any] = {
        "item": item,
        "author": item.author,
        "history": _history(item.author),
        "is_trusted": trusted_authors.is_trusted(item.author.pk),
        "why": why(row.matches or ()),
        "appealed": row.appealed_at,
    }
    if isinstance(row, PromptReview):
        first = row.requests[0] if row.requests else {}
        return context | {
            "prompt": row.prompt,
            "model": _model_name(first.get("model", "")),
            "count": len(row.requests),
            "sources": _sources(row),
            "can_reject": item.queue.name != FLAGGED,
        }
    image = row.image
    return context | {
        "prompt": image.prompt,
        "model": image.job.model.name if image.job else "",
        "image": image,
        "image_url": storage.url(image.large_key or image.key),
        "reports": _reports(row),
        "is_public": row.state == PublicationState.PUBLISHED,
        "is_hidden": row.state == PublicationState.HIDDEN,
        "can_reject": True,
    }


def _model_name(slug: str) -> str:
    """Return the model's name, the slug of one that is gone."""
    return ImageModel.objects.filter(slug=slug).values_list("name", flat=True).first() or slug


def _history(author: User) -> str:
    """Return how moderators and rules have decided about this author's images."""
    counts = Publication.objects.filter(image__user=author).aggregate(
        shown=Count("id", filter=Q(state=PublicationState.PUBLISHED)),
        refused=Count("id", filter=Q(state=PublicationState.REFUSED)),
    )
    return gettext("in Explore: %(shown)d, rejected: %(refused)d") % counts


def _reports(publication: Publication) -> dict[str, Any]:
    """Return the open reports of an image: how many of each kind, and their texts."""
    reports = list(
        Report.objects.filter(publication=publication, settled_at__isnull=True).order_by("-id")
    )
    kinds = Counter(str(report.get_kind_display()) for report in reports)
    texts = [report.words for report in reports if report.words]
    return {
        "total": len(reports),
        "kinds": kinds.most_common(),
        "texts": texts[:TEXTS_SHOWN],
        "more": texts[TEXTS_SHOWN:MAX_TEXTS],
        "left_out": max(0, len(texts) - MAX_TEXTS),
    }


def _sources(review: PromptReview) -> list[str]:
    ids = [
        source_id
        for request in review.requests
        for text in request.get("source_images") or ()
        if (source_id := parse_uuid(str(text)))
    ]
    wanted = list(dict.fromkeys(ids))[:8]
    keys = [
        *Upload.objects.of(review.user).filter(id__in=wanted).values_list("key", flat=True),
        *Image.objects.of(review.user)
        .filter(id__in=wanted)
        .values_list("thumbnail_key", flat=True),
    ]
    return [storage.url(key) for key in keys if key]
