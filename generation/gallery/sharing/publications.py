"""Publications of images on /explore/: requests, reviews and appeals."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.emails import outbox
from accounts.models import User
from artgen.refusals import Refusal
from generation.gallery.sharing import visibility
from generation.models import OPEN, Image, Publication, PublicationState, RuleAction
from generation.models.moderation import MAX_REASON_LENGTH
from generation.moderation import compiled_rules, decision_emails, trusted_authors
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
    return Publication.objects.filter(image=image).order_by("-asked_at", "-id").first()


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
            outbox.enqueue(decision_emails.image_published(publication))


def refuse(publication: Publication, *, by: User, reason: str) -> None:
    """Reject the image or remove it from /explore/; raise AlreadyDecided."""
    now = timezone.now()
    with transaction.atomic():
        locked = visibility.lock(publication.image)
        was_public = publication.published_at is not None
        _decide(publication, by=by, at=now, state=PublicationState.REFUSED, reason=reason)
        visibility.write(locked)
        outbox.enqueue(decision_emails.image_refused(publication, was_public=was_public))


def _decide(publication: Publication, *, by: User, at: datetime, **fields: object) -> None:
    count = Publication.objects.filter(id=publication.id, state__in=OPEN).update(
        decided_at=at, decided_by=by, **fields
    )
    if not count:
        raise AlreadyDecided
    publication.refresh_from_db(
        fields=["state", "reason", "published_at", "decided_at", "decided_by"]
    )
    is_shown = publication.state == PublicationState.PUBLISHED
    reports = publication.reports.filter(settled_at__isnull=True)
    for reporter in User.objects.filter(is_active=True, id__in=reports.values("user_id")):
        outbox.enqueue(
            decision_emails.report_reviewed(publication, reporter=reporter, is_shown=is_shown)
        )
    reports.update(settled_at=at, user=None)


def _not_shown(matches: list[dict[str, Any]]) -> str:
    text = _("Images with such prompts aren’t shown in Explore: %(why)s.")
    return (text % {"why": why(matches)})[:MAX_REASON_LENGTH]


def _check_room(image: Image) -> None:
    waiting = Publication.objects.waiting().filter(image__user_id=image.user_id)
    if waiting.count() >= MAX_IN_REVIEW:
        raise TooManyInReview(MAX_IN_REVIEW)
