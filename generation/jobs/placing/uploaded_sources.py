"""Orders that bring their source images along: an upload is kept only with a job that uses it."""

from collections.abc import Callable

from artgen.refusals import Refusal
from generation.files import uploads
from generation.jobs.placing.job_order import PlacedOrder
from generation.models import Upload
from generation.moderation.refusals import Moderated


def place_uploading(place: Callable[[list[Upload]], PlacedOrder]) -> PlacedOrder:
    """Return what `place` places; discard the uploads that it adds to its list if no job uses them.

    After an error that is no refusal they stay, and the cleanup finds them: the order may have been
    placed, and the reply to its COMMIT lost.
    """
    kept: list[Upload] = []
    try:
        placed = place(kept)
    except Moderated:
        raise  # the stored request has them
    except Refusal:
        uploads.discard(kept)
        raise
    if not placed.created:
        uploads.discard(kept)
    return placed
