"""Sharing of images: by a secret link, or publicly after a review.

Only this module writes `Image.visibility` and the link columns. `visibility` is "public" only while
the image is shown on /explore/; during a review it stays "link" or "private".
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.refusals import Refusal
from generation.models import (
    OPEN,
    TO_REVIEW,
    Image,
    Publication,
    PublicationState,
    Report,
    RuleAction,
    Visibility,
)
from generation.models.moderation import MAX_REASON_LENGTH
from generation.moderation import emails, rules, trust
from generation.moderation.matching import strongest
from generation.moderation.refusals import AlreadyDecided, TooManyReviews, why

SLUG_BYTES = 18  # 144 random bits, which cannot be guessed
LINK_DAYS = (1, 7, 30)  # lifetimes of a link; None: no expiration
MAX_IN_REVIEW = 50  # images of one user under review at the same time
STOPPED = (PublicationState.HIDDEN, PublicationState.REFUSED)
"""States of publications that keep an image from others, also outside of Explore."""
REPORTS_HIDE = 3  # reports by different visitors that hide an image until it is reviewed again


class InTheTrash(Refusal):
    """The image is in the trash. An existing link or publication is suspended."""

    code = "in_the_trash"
    status = 409
    text = gettext_lazy("The image is in the trash. Restore it first.")


class NotAllowed(Refusal):
    """A rule forbids publication; `reason` is the text for the owner."""

    code = "not_publishable"
    status = 403

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooManyInReview(TooManyReviews):
    """The user has `limit` images under review."""

    text = gettext_lazy("The limit of %(limit)d images under review is reached.")


@dataclass(frozen=True)
class Shared:
    """A shared image as other people see it."""

    image: Image
    slug: str
    with_parameters: bool
    author: str  # "" if the owner does not show a name
    until: datetime | None
    publication: Publication | None  # None: shared by link


def find(slug: str) -> Shared | None:
    """Return the shared image, None if unknown, expired, turned off, trashed or hidden."""
    link = (
        Image.objects.kept()
        .filter(link_slug=slug, user__is_active=True)
        .with_origin()
        .select_related("user")
        .first()
    )
    if link is not None:
        # A saved copy is somebody else's work.
        name = link.user.name if link.link_name and not link.is_saved else ""
        shared = Shared(
            link,
            slug,
            with_parameters=link.link_parameters and link.has_parameters,
            author=name,
            until=link.link_until,
            publication=None,
        )
        return shared if link.has_link else None
    publication = Publication.objects.shown().filter(slug=slug).first()
    return as_shared(publication) if publication else None


def as_shared(publication: Publication) -> Shared:
    """Return the shared image of a publication that was fetched with `shown`."""
    return Shared(
        image=publication.image,
        slug=publication.slug,
        with_parameters=publication.with_parameters,
        author=publication.image.user.name if publication.with_name else "",
        until=None,
        publication=publication,
    )


def last_publication(image: Image) -> Publication | None:
    """Return the image's latest publication, in any state."""
    return image.publications.order_by("-asked_at", "-id").first()


def share_by_link(
    image: Image,
    *,
    until: datetime | None,
    with_parameters: bool,
    with_name: bool,
    renew: bool = False,
) -> Image:
    """Create or change the link of the image; `until` None: no expiration.

    A valid link keeps its slug unless `renew`. Raise InTheTrash.
    """
    with transaction.atomic():
        locked = _locked(image)
        if locked.trashed_at:
            raise InTheTrash
        return _written(
            locked,
            link_slug=locked.link_slug if locked.has_link and not renew else new_slug(),
            link_until=until,
            link_parameters=with_parameters,
            link_name=with_name,
        )


def stop_link(image: Image) -> Image:
    """Remove the link; its slug is never used again."""
    with transaction.atomic():
        return _without_link(_locked(image))


def keep_to_link(image: Image) -> Image:
    """Share the image by link only; without a link, create one that shows nothing else.

    Open publications are withdrawn. Raise InTheTrash.
    """
    with transaction.atomic():
        locked = _locked(image)
        if locked.trashed_at:
            raise InTheTrash
        _end_publications(locked)
        if locked.has_link:
            return _written(locked)
        return _written(
            locked, link_slug=new_slug(), link_until=None, link_parameters=False, link_name=False
        )


def make_private(image: Image) -> Image:
    """Remove the link and withdraw open publications."""
    with transaction.atomic():
        locked = _locked(image)
        _end_publications(locked)
        return _without_link(locked)


def ask_to_publish(image: Image, *, with_parameters: bool, with_name: bool) -> Publication:
    """Submit the image for review, or return the publication that is already open.

    Images of trusted authors are published at once, unless a rule has found something in their
    prompt. Raise InTheTrash, TooManyInReview, or NotAllowed, which is recorded as rejected.
    """
    if image.job is None:
        raise NotAllowed(_("Images saved from other people can’t be shown in Explore."))
    matches = rules.current().publishing.matches(image.job.written_prompt)
    action = strongest(matches)
    is_refused = action == RuleAction.REFUSE
    is_published = not matches and trust.is_trusted(image.user_id)
    found = [match.as_json() for match in matches]
    now = timezone.now()
    with transaction.atomic():
        locked = _locked(image)
        if locked.trashed_at:
            raise InTheTrash
        if open_one := locked.publications.open().first():
            return open_one
        _check_room(image)
        state = PublicationState.PUBLISHED if is_published else PublicationState.WAITING
        publication = Publication.objects.create(
            image=locked,
            slug=new_slug(),
            with_parameters=with_parameters,
            with_name=with_name,
            asked_at=now,
            state=PublicationState.REFUSED if is_refused else state,
            reason=_not_shown(found) if is_refused else "",
            decided_at=now if is_refused or is_published else None,
            published_at=now if is_published else None,
            matches=found or None,
        )
        if is_published:
            _written(locked)
    if is_refused:
        raise NotAllowed(publication.reason)
    return publication


def appeal(image: Image) -> Publication:
    """Submit an image for review although a rule has refused it.

    Raise InTheTrash, TooManyInReview, or AlreadyDecided if no rule has refused it last.
    """
    with transaction.atomic():
        locked = _locked(image)
        if locked.trashed_at:
            raise InTheTrash
        publication = last_publication(locked)
        if publication is None or not publication.can_be_appealed:
            raise AlreadyDecided
        _check_room(image)
        publication.state = PublicationState.WAITING
        publication.reason, publication.decided_at = "", None
        publication.appealed_at = timezone.now()
        publication.save(update_fields=["state", "reason", "decided_at", "appealed_at"])
    return publication


def withdraw(image: Image) -> Image:
    """Withdraw open publications; a link keeps working."""
    with transaction.atomic():
        locked = _locked(image)
        _end_publications(locked)
        return _written(locked)


def publish(publication: Publication, *, by: User) -> None:
    """Publish the image on /explore/ and settle its reports; raise AlreadyDecided."""
    now = timezone.now()
    with transaction.atomic():
        locked = _locked(publication.image)
        first = publication.published_at or now
        was_public = publication.state == PublicationState.PUBLISHED
        _decided(
            publication,
            by=by,
            at=now,
            state=PublicationState.PUBLISHED,
            published_at=first,
            reason="",
        )
        _written(locked)
        if not was_public:
            _tell(
                publication,
                title=lambda: _("Your image is in Explore"),
                sentence=lambda: _("A moderator approved your image. Everyone can see it now."),
            )


def refuse(publication: Publication, *, by: User, reason: str) -> None:
    """Reject the image or remove it from /explore/; raise AlreadyDecided."""
    now = timezone.now()
    with transaction.atomic():
        locked = _locked(publication.image)
        was_public = publication.published_at is not None
        _decided(publication, by=by, at=now, state=PublicationState.REFUSED, reason=reason)
        _written(locked)
        _tell(
            publication,
            title=lambda: (
                _("Your image was removed from Explore")
                if was_public
                else _("Your image was not approved for Explore")
            ),
            sentence=lambda: _("It stays in your gallery, and links to it keep working."),
        )


def report(
    publication: Publication, *, reporter: str, kind: str, words: str, user: User | None = None
) -> None:
    """Report a public image; REPORTS_HIDE visitors hide it until it is reviewed again.

    `reporter` identifies the visitor by user id or address; only a keyed hash is stored. A second
    report by the same visitor is ignored. `user`, if the visitor is signed in, gets an email about
    the decision; then the report is anonymous, too.
    """
    digest = salted_hmac(
        f"generation.report.{publication.id}", reporter, algorithm="sha256"
    ).hexdigest()
    try:
        with transaction.atomic():
            Report.objects.create(
                publication=publication,
                reporter=digest,
                user=user,
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
    """Return when a link created now with this lifetime expires; None for none."""
    return None if days is None else timezone.now() + timedelta(days=days)


def _decided(publication: Publication, *, by: User, at: datetime, **fields: object) -> None:
    count = Publication.objects.filter(id=publication.id, state__in=OPEN).update(
        decided_at=at, decided_by=by, **fields
    )
    if not count:
        raise AlreadyDecided
    publication.refresh_from_db(
        fields=["state", "reason", "published_at", "decided_at", "decided_by"]
    )
    reports = publication.reports.filter(settled_at__isnull=True)
    for reporter in User.objects.filter(is_active=True, id__in=reports.values("user_id")):
        _tell_reporter(publication, reporter)
    reports.update(settled_at=at, user=None)


def _tell_reporter(publication: Publication, reporter: User) -> None:
    """Write to a person who reported the image; the prompt only if visitors see it."""
    is_shown = publication.state == PublicationState.PUBLISHED
    emails.send(
        user=reporter,
        title=lambda: _("Your report was reviewed"),
        sentence=lambda: (
            _("A moderator looked at the image that you reported and kept it in Explore.")
            if is_shown
            else _("A moderator removed the image that you reported from Explore.")
        ),
        prompt=publication.image.prompt if publication.with_parameters else "",
        reason=publication.reason,
        path=reverse("shared", args=[publication.slug]) if is_shown else reverse("explore"),
    )


def _tell(
    publication: Publication, *, title: Callable[[], str], sentence: Callable[[], str]
) -> None:
    """Write to the owner, in the transaction of the decision."""
    image = publication.image
    emails.send(
        user=image.user,
        title=title,
        sentence=sentence,
        prompt=image.prompt,
        reason=publication.reason,
        path=reverse("share_image", args=[image.id]),
    )


def _not_shown(matches: list[dict[str, Any]]) -> str:
    text = _("Images with such prompts aren’t shown in Explore: %(why)s.")
    return (text % {"why": why(matches)})[:MAX_REASON_LENGTH]


def _check_room(image: Image) -> None:
    waiting = Publication.objects.filter(image__user_id=image.user_id, state__in=TO_REVIEW)
    if waiting.count() >= MAX_IN_REVIEW:
        raise TooManyInReview(MAX_IN_REVIEW)


def _end_publications(image: Image) -> None:
    image.publications.open().update(state=PublicationState.WITHDRAWN)


def _without_link(image: Image) -> Image:
    return _written(image, link_slug=None, link_until=None, link_parameters=False, link_name=False)


def _locked(image: Image) -> Image:
    """Return the locked row: link, publications and visibility change together."""
    return Image.objects.select_for_update().get(id=image.id)


def _written(image: Image, **link: object) -> Image:
    """Write the link columns and the resulting `visibility`."""
    for name, value in link.items():
        setattr(image, name, value)
    if image.publications.filter(state=PublicationState.PUBLISHED).exists():
        image.visibility = Visibility.PUBLIC
    else:
        image.visibility = Visibility.LINK if image.link_slug else Visibility.PRIVATE
    image.save(update_fields=["visibility", *link])
    return image


def new_slug() -> str:
    """Return a new secret of a link."""
    return secrets.token_urlsafe(SLUG_BYTES)
