"""Reports of images in Explore: some of them hide the image until it is reviewed again."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import User
from generation.gallery.sharing import visibility
from generation.models import Publication, PublicationState, Report

REPORTS_HIDE = 3  # reports by different visitors that hide an image until it is reviewed again


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
        image = visibility.lock(publication.image)
        if publication.reports.filter(settled_at__isnull=True).count() < REPORTS_HIDE:
            return
        shown = Publication.objects.filter(id=publication.id, state=PublicationState.PUBLISHED)
        if shown.update(state=PublicationState.HIDDEN):
            visibility.write(image)
