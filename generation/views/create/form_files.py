"""Placing the composer's form with files, which browsers send with it only without script."""

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from uuid_utils.compat import uuid7

from accounts.models import User
from artgen.refusals import FieldError, Refusal
from generation.catalog.offers import InvalidParameters
from generation.files import uploads
from generation.jobs.placing import drafts, orders
from generation.jobs.placing.job_order import JobOrder, PlacedOrder
from generation.jobs.placing.uploaded_sources import place_uploading
from generation.models import Upload
from generation.moderation.refusals import Moderated
from generation.studio.forms.composer import Composer


def place(
    user: User,
    form: Composer,
    files: "Sequence[UploadedFile[Any]]",
    *,
    key: str,
    max_credits: int | None,
) -> PlacedOrder:
    """Place the jobs with these files as further sources; keep no file if they are refused."""
    chosen = list(form.sources)
    if files:  # the rest of the form, and the number of sources, before any file is decoded
        form.sources = [*chosen, *(str(uuid7()) for _file in files)]
        request = form.request()
        form.sources = chosen
        form.offer.clean({name: value for name, value in request.items() if name != "model"})

    def place_with(kept: list[Upload]) -> PlacedOrder:
        for file in files:
            kept.append(keep(user, file))
        form.sources = [*chosen, *(str(upload.id) for upload in kept)]
        runs = [drafts.repeated(form.request(one), count=form.count) for one in form.prompts]
        return orders.place(
            JobOrder(
                user,
                [request for run in runs for request in run],
                run_lengths=[len(run) for run in runs],
                key=key,
                max_credits=max_credits,
            )
        )

    try:
        return place_uploading(place_with)
    except Moderated:
        raise  # the stored request has these sources
    except Refusal:
        form.sources = chosen
        raise


def keep(user: User, file: "UploadedFile[Any]") -> Upload:
    """Store a file as an upload; raise InvalidParameters, or what `uploads.keep` raises."""
    try:
        return uploads.keep(user=user, data=uploads.read(file))
    except uploads.UnusableImage as refusal:
        names_file = refusal.reason == "too_large"
        detail = refusal.message if names_file else f"{file.name}: {refusal.message}"
        raise InvalidParameters([FieldError("source_images", refusal.reason, detail)]) from refusal
