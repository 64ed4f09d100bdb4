"""Who may see a picture besides its owner: by a secret link, or everybody after a review.

`Image.visibility` and the link's columns are written here alone. It reads "public" only while the picture is on
/explore/; while a wish to be public waits for staff, it reads what it was before: "link" or "private".
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.refusals import Refusal
from generation.gallery import moderation
from generation.models import (
    OPEN,
    TO_REVIEW,
    Image,
    Publication,
    PublicationState,
    Report,
    Visibility,
)

SLUG_BYTES = 18  # 144 random bits: nobody finds a link by trying
LINK_DAYS = (1, 7, 30)  # how long a link may work; None: until it is stopped
WAITING_MOST = 50  # of one user's pictures before staff at once
REVIEW_RETRY_SECONDS = 3600
REPORTS_HIDE = 3  # different visitors whose reports take a picture away until staff have looked


class InTheTrash(Refusal):
    """An image in the trash is not shared; what was shared before pauses until it is restored."""

    code = "in_the_trash"
    status = 409
    text = gettext_lazy("The image is in the trash. Restore it first.")


class NotAllowed(Refusal):
    """A rule keeps the image from Explore; `reason` says which, in words."""

    code = "not_publishable"
    status = 403

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooManyInReview(Refusal):
    """`limit` of the user's images already wait for a review."""

    code = "too_many_waiting"
    status = 429

    def __init__(self, limit: int) -> None:
        super().__init__(retry_after=REVIEW_RETRY_SECONDS, limit=limit)
        self.limit = limit

    @property
    def message(self) -> str:
        """What the limit is."""
        text = _("The limit of %(limit)d images in review is reached.")
        return text % {"limit": self.limit}


class AlreadyDecided(Refusal):
    """The publication has ended: withdrawn by its owner, or reviewed by another moderator."""

    code = "already_decided"
    status = 409
    text = gettext_lazy("Already reviewed or withdrawn. Nothing was changed.")


@dataclass(frozen=True)
class Shared:
    """A picture as a stranger may see it."""

    image: Image
    slug: str
    with_parameters: bool
    author: str  # a name that the owner shows; empty: nobody is named
    until: datetime | None
    publication: Publication | None  # None: it is a link


def find(slug: str) -> Shared | None:
    """Return what this slug shows now; None for unknown, expired, stopped, trashed, hidden: nobody is told which."""
    link = (
        Image.objects.kept()
        .filter(link_slug=slug, user__is_active=True)
        .select_related("job__model", "user")
        .first()
    )
    if link is not None:
        name = link.user.name if link.link_name else ""
        told = link.link_parameters
        shared = Shared(
            link, slug, with_parameters=told, author=name, until=link.link_until, publication=None
        )
        return shared if link.has_link else None
    publication = Publication.objects.shown().filter(slug=slug).first()
    return as_shared(publication) if publication else None


def as_shared(publication: Publication) -> Shared:
    """Return a publication, fetched with `shown`, as strangers see it."""
    return Shared(
        image=publication.image,
        slug=publication.slug,
        with_parameters=publication.with_parameters,
        author=publication.image.user.name if publication.with_name else "",
        until=None,
        publication=publication,
    )


def last_publication(image: Image) -> Publication | None:
    """Return the owner's last wish to make the picture public, whatever became of it."""
    return image.publications.order_by("-asked_at", "-id").first()


def share_by_link(
    image: Image,
    *,
    until: datetime | None,
    with_parameters: bool,
    with_name: bool,
    renew: bool = False,
) -> Image:
    """Return the picture with a link that works until then (None: until it is stopped) and tells that much.

    A link that works keeps its address unless `renew`, which ends the old one. Raises InTheTrash.
    """
    with transaction.atomic():
        locked = _locked(image)
        if locked.trashed_at:
            raise InTheTrash
        return _written(
            locked,
            link_slug=locked.link_slug if locked.has_link and not renew else _new_slug(),
            link_until=until,
            link_parameters=with_parameters,
            link_name=with_name,
        )


def stop_link(image: Image) -> Image:
    """Return the picture without a link; the old address shows nothing from now on, for good."""
    with transaction.atomic():
        return _without_link(_locked(image))


def keep_to_link(image: Image) -> Image:
    """Return the picture seen by whoever has the link and nobody else: without one, one that tells nothing is made.

    A wish to be public ends. Raises InTheTrash.
    """
    with transaction.atomic():
        locked = _locked(image)
        if locked.trashed_at:
            raise InTheTrash
        _end_publications(locked)
        if locked.has_link:
            return _written(locked)
        return _written(
            locked, link_slug=_new_slug(), link_until=None, link_parameters=False, link_name=False
        )


def make_private(image: Image) -> Image:
    """Return the picture that only its owner sees: the link is stopped, the wish to be public withdrawn."""
    with transaction.atomic():
        locked = _locked(image)
        _end_publications(locked)
        return _without_link(locked)


def ask_to_publish(image: Image, *, with_parameters: bool, with_name: bool) -> Publication:
    """Put the picture before staff, who decide whether it goes to /explore/; while it is there already, return that.

    Raises InTheTrash, TooManyInReview, and NotAllowed where a rule refuses: that is remembered as a refusal.
    """
    verdict = moderation.judge(prompt=image.job.prompt)
    now = timezone.now()
    with transaction.atomic():
        locked = _locked(image)
        if locked.trashed_at:
            raise InTheTrash
        if found := locked.publications.open().first():
            return found
        waiting = Publication.objects.filter(
            image__user_id=image.user_id, state__in=TO_REVIEW
        ).count()
        if waiting >= WAITING_MOST:
            raise TooManyInReview(WAITING_MOST)
        publication = Publication.objects.create(
            image=locked,
            slug=_new_slug(),
            with_parameters=with_parameters,
            with_name=with_name,
            asked_at=now,
            state=PublicationState.WAITING if verdict.is_allowed else PublicationState.REFUSED,
            reason=verdict.reason,
            decided_at=None if verdict.is_allowed else now,
        )
    if not verdict.is_allowed:
        raise NotAllowed(verdict.reason)
    return publication


def withdraw(image: Image) -> Image:
    """Return the picture that neither waits for a review nor is on /explore/; a link goes on working."""
    with transaction.atomic():
        locked = _locked(image)
        _end_publications(locked)
        return _written(locked)


def publish(publication: Publication, *, by: User) -> None:
    """Show the picture on /explore/; where it is there already, its reports are settled. Raises AlreadyDecided."""
    now = timezone.now()
    with transaction.atomic():
        locked = _locked(publication.image)
        first = publication.published_at or now
        _decided(
            publication,
            by=by,
            at=now,
            state=PublicationState.PUBLISHED,
            published_at=first,
            reason="",
        )
        _written(locked)


def refuse(publication: Publication, *, by: User, reason: str) -> None:
    """Keep the picture from /explore/, or take it away from there; its owner reads why. Raises AlreadyDecided."""
    now = timezone.now()
    with transaction.atomic():
        locked = _locked(publication.image)
        _decided(publication, by=by, at=now, state=PublicationState.REFUSED, reason=reason)
        _written(locked)


def report(publication: Publication, *, reporter: str, kind: str, words: str) -> None:
    """Bring a public picture before staff; REPORTS_HIDE different visitors take it away until they have looked.

    `reporter` tells visitors apart, by user id or address; only a keyed hash of it is kept. A second report of the
    same visitor changes nothing.
    """
    digest = salted_hmac(
        f"generation.report.{publication.id}", reporter, algorithm="sha256"
    ).hexdigest()
    try:
        with transaction.atomic():
            Report.objects.create(
                publication=publication,
                reporter=digest,
                kind=kind,
                words=words,
                created_at=timezone.now(),
            )
    except IntegrityError:
        return
    with transaction.atomic():
        locked = _locked(publication.image)
        if publication.reports.filter(settled_at__isnull=True).count() < REPORTS_HIDE:
            return
        shown = Publication.objects.filter(id=publication.id, state=PublicationState.PUBLISHED)
        if shown.update(state=PublicationState.HIDDEN):
            _written(locked)


def until(*, days: int | None) -> datetime | None:
    """Return when a link ends that works for so many days from now; None for none."""
    return None if days is None else timezone.now() + timedelta(days=days)


def _decided(publication: Publication, *, by: User, at: datetime, **fields: object) -> None:
    count = Publication.objects.filter(id=publication.id, state__in=OPEN).update(
        decided_at=at, decided_by=by, **fields
    )
    if not count:
        raise AlreadyDecided
    publication.reports.filter(settled_at__isnull=True).update(settled_at=at)
    publication.refresh_from_db(
        fields=["state", "reason", "published_at", "decided_at", "decided_by"]
    )


def _end_publications(image: Image) -> None:
    image.publications.open().update(state=PublicationState.WITHDRAWN)


def _without_link(image: Image) -> Image:
    return _written(image, link_slug=None, link_until=None, link_parameters=False, link_name=False)


def _locked(image: Image) -> Image:
    """Return the picture's row as it is, locked: link, publications and visibility change together."""
    return Image.objects.select_for_update().get(id=image.id)


def _written(image: Image, **link: object) -> Image:
    """Write the link's columns, and `visibility` to what is true with them."""
    for name, value in link.items():
        setattr(image, name, value)
    if image.publications.filter(state=PublicationState.PUBLISHED).exists():
        image.visibility = Visibility.PUBLIC
    else:
        image.visibility = Visibility.LINK if image.link_slug else Visibility.PRIVATE
    image.save(update_fields=["visibility", *link])
    return image


def _new_slug() -> str:
    return secrets.token_urlsafe(SLUG_BYTES)
