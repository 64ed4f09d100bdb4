"""Publications of images on /explore/: requests, reviews and appeals."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.refusals import Refusal
from generation.gallery.sharing import visibility
from generation.models import OPEN, Image, Publication, PublicationState, RuleAction
from generation.models.moderation import MAX_REASON_LENGTH
from generation.moderation import compiled_rules, decision_email, trusted_authors
from generation.moderation.decision_email import Decision
from generation.moderation.refusals import AlreadyDecided, TooManyReviews, why
from generation.moderation.rule_matching import strongest
from generation.owned_rows.link_secrets import new_slug

MAX_IN_REVIEW = 50  # images of one user under review at the same time
STOPPED = (PublicationState.HIDDEN, PublicationState.REFUSED)
"""States of publications that keep an image from others, also outside of Explore."""


class NotPublishable(Refusal):
    """A rule forbids publication; `reason` is the text for the owner."""

    code = "not_publishable"
    status = 403

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooManyInReview(TooManyReviews):
    text = gettext_lazy("The limit of %(limit)d images under review is reached.")


def last(image: Image) -> Publication | None:
    return image.publications.order_by("-asked_at", "-id").first()


def ask_to_publish(image: Image, *, with_parameters: bool, with_name: bool) -> Publication:
    """Submit the image for review, or return the publication that is already open.

    Images of trusted authors are published at once, unless a rule has found something in their
    prompt. Raise InTheTrash, TooManyInReview, or NotPublishable, which is
    recorded as rejected.
    """
    if image.job is None:
        raise NotPublishable(_("Images saved from other people can’t be shown in Explore."))
    matches = compiled_rules.current().publishing.matches(image.job.written_prompt)
    action = strongest(matches)
    is_refused = action == RuleAction.REFUSE
    is_published = not matches and trusted_authors.is_trusted(image.user_id)
    matches_json = [match.as_json() for match in matches]
    now = timezone.now()
    with transaction.atomic():
        locked = visibility.lock_unless_trashed(image)
        if open_publication := locked.publications.open().first():
            return open_publication
        _check_room(image)
        state = PublicationState.PUBLISHED if is_published else PublicationState.WAITING
        publication = Publication.objects.create(
            image=locked,
            slug=new_slug(),
            with_parameters=with_parameters,
            with_name=with_name,
            asked_at=now,
            state=PublicationState.REFUSED if is_refused else state,
            reason=_not_shown(matches_json) if is_refused else "",
            decided_at=now if is_refused or is_published else None,
            published_at=now if is_published else None,
            matches=matches_json or None,
        )
        if is_published:
            visibility.write(locked)
    if is_refused:
        raise NotPublishable(publication.reason)
    return publication


def appeal(image: Image) -> Publication:
    """Submit an image for review although a rule has refused it.

    Raise InTheTrash, TooManyInReview, or AlreadyDecided if no rule has refused it last.
    """
    with transaction.atomic():
        locked = visibility.lock_unless_trashed(image)
        publication = last(locked)
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
        locked = visibility.lock(image)
        end_open(locked)
        return visibility.write(locked)


def end_open(image: Image) -> None:
    """Withdraw open publications of a locked image, whose `visibility` is still to be written."""
    image.publications.open().update(state=PublicationState.WITHDRAWN)


def publish(publication: Publication, *, by: User) -> None:
    """Publish the image on /explore/ and settle its reports; raise AlreadyDecided."""
    now = timezone.now()
    with transaction.atomic():
        locked = visibility.lock(publication.image)
        first = publication.published_at or now
        was_public = publication.state == PublicationState.PUBLISHED
        _decide(
            publication,
            by=by,
            at=now,
            state=PublicationState.PUBLISHED,
            published_at=first,
            reason="",
        )
        visibility.write(locked)
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
        locked = visibility.lock(publication.image)
        was_public = publication.published_at is not None
        _decide(publication, by=by, at=now, state=PublicationState.REFUSED, reason=reason)
        visibility.write(locked)
        _tell(
            publication,
            title=lambda: (
                _("Your image was removed from Explore")
                if was_public
                else _("Your image was not approved for Explore")
            ),
            sentence=lambda: _("It stays in your gallery, and links to it keep working."),
        )


def _decide(publication: Publication, *, by: User, at: datetime, **fields: object) -> None:
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
    decision = Decision(
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
    decision_email.send(reporter, decision)


def _tell(
    publication: Publication, *, title: Callable[[], str], sentence: Callable[[], str]
) -> None:
    """Write to the owner, in the transaction of the decision."""
    image = publication.image
    decision = Decision(
        title=title,
        sentence=sentence,
        prompt=image.prompt,
        reason=publication.reason,
        path=reverse("share_image", args=[image.id]),
    )
    decision_email.send(image.user, decision)


def _not_shown(matches: list[dict[str, Any]]) -> str:
    text = _("Images with such prompts aren’t shown in Explore: %(why)s.")
    return (text % {"why": why(matches)})[:MAX_REASON_LENGTH]


def _check_room(image: Image) -> None:
    waiting = Publication.objects.waiting().filter(image__user_id=image.user_id)
    if waiting.count() >= MAX_IN_REVIEW:
        raise TooManyInReview(MAX_IN_REVIEW)
