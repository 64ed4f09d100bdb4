"""The demo's Explore: pictures of one account, placed as anybody's are and published by staff, each once.

Nobody waits for them: one is drawn at a time, and only while nobody else's is.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass

from accounts.ledger import TooFewCredits
from accounts.models import User
from generation.catalog.offers import InvalidParameters
from generation.gallery import sharing
from generation.jobs import orders
from generation.models import Job


@dataclass(frozen=True)
class Exhibit:
    """One picture of the exhibition, as it is asked for."""

    model: str
    prompt: str
    width: int
    height: int
    seed: int


EXHIBITS = (
    Exhibit("p-image", "A ringed planet above a violet nebula, stars", 1344, 768, 1),
    Exhibit("flux-schnell", "Капля радужного стекла, зелёный фон, студийный свет", 1024, 1024, 6),
    Exhibit("z-image-turbo", "A waterfall in a green gorge, morning light", 720, 1280, 2),
    Exhibit("wan-2-6", "Дюны на закате, длинные тени, тёплый ветер", 1024, 768, 5),
    Exhibit("qwen-image", "A ginger cat on a window sill, warm evening light", 1140, 1472, 9),
    Exhibit("flux-dev", "Тихое горное озеро на рассвете, отражение снежных вершин", 1344, 768, 1),
)


def step(*, owner: User, staff: User) -> bool:
    """Publish what has been drawn and place the next picture; False when nothing is left to be done.

    A picture whose job failed, that its owner deleted or that has been before staff already is left
    as it is. The exhibition also ends where a job cannot be placed: the model is off, the credits
    are spent.
    """
    jobs = {job.prompt: job for job in Job.objects.of(owner).with_all().newest_first()}
    for job in jobs.values():
        for image in job.images.all():
            if image.trashed_at is None and sharing.last_publication(image) is None:
                with suppress(sharing.InTheTrash, sharing.NotAllowed, sharing.AlreadyDecided):
                    wish = sharing.ask_to_publish(image, with_parameters=True, with_name=True)
                    sharing.publish(wish, by=staff)
    if Job.objects.active().exists():
        return True
    missing = next((exhibit for exhibit in EXHIBITS if exhibit.prompt not in jobs), None)
    if missing is None:
        return False
    try:
        orders.place(user=owner, request=asdict(missing))
    except (InvalidParameters, TooFewCredits, orders.GenerationOff, orders.TooManyWaiting):
        return False
    return True
