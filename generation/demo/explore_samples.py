"""The sample images in Explore of the demo: created by one account, published once.

They are generated one at a time, and only while no other job is active.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass

from accounts.credits.ledger import TooFewCredits
from accounts.models import User
from generation.catalog.offers import InvalidParameters
from generation.gallery.sharing import publications, visibility
from generation.jobs.placing import orders
from generation.jobs.placing.admission import TooManyWaiting
from generation.jobs.placing.creation_switch import GenerationOff
from generation.jobs.placing.job_order import JobOrder
from generation.models import Job
from generation.moderation import trusted_authors


@dataclass(frozen=True)
class SampleImage:
    model: str
    prompt: str
    width: int
    height: int
    seed: int


SAMPLES = (
    SampleImage("p-image", "A ringed planet above a violet nebula, stars", 1344, 768, 1),
    SampleImage("z-image-turbo", "A waterfall in a green gorge, morning light", 720, 1280, 2),
    SampleImage("flux-schnell", "Лиса в снежной деревне ночью", 1024, 1024, 4),
    SampleImage("flux-schnell", "A harbor with colorful houses and boats at sunset", 1024, 768, 2),
    SampleImage("wan-2-6", "Замок на скале над озером, рассвет", 1024, 1024, 3),
    SampleImage("flux-dev", "A tall ship under full sail, evening light", 1344, 768, 1),
    SampleImage("p-image", "Паровоз на виадуке в горах осенью", 1344, 768, 6),
    SampleImage("qwen-image", "A ginger cat on a window sill, warm evening light", 1140, 1472, 9),
    SampleImage("flux-schnell", "A red dragon over the mountains at dusk", 1024, 1024, 2),
    SampleImage("z-image-turbo", "Сад с клумбами, летний день", 1024, 768, 5),
)


def step(*, owner: User, staff: User) -> bool:
    """Publish finished images and create the next job; return False when all is done.

    An image is skipped if its job failed, if its owner deleted it, or if it was submitted before.
    Stop also if a job cannot be created: the model is disabled or the credits are spent.
    """
    trusted_authors.trust(owner, by=staff)  # its images appear without an email about each
    jobs = {job.prompt: job for job in Job.objects.of(owner).with_all().newest_first()}
    for job in jobs.values():
        for image in job.images.all():
            if image.trashed_at is None and publications.last(image) is None:
                with suppress(visibility.InTheTrash, publications.NotPublishable):
                    publications.ask_to_publish(image, with_parameters=True, with_name=True)
    if Job.objects.active().exists():
        return True
    missing = next((sample for sample in SAMPLES if sample.prompt not in jobs), None)
    if missing is None:
        return False
    try:
        orders.place(JobOrder(owner, [asdict(missing)], is_batch=False))
    except (InvalidParameters, TooFewCredits, GenerationOff, TooManyWaiting):
        return False
    return True
