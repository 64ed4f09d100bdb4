"""Jobs that staff place to try a model: paid by the service, also while the model is disabled."""

from collections.abc import Sequence
from copy import copy
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.credits import holds
from accounts.models import User
from generation.jobs.engine import dispatch, lifecycle
from generation.jobs.placing import creation_switch, drafts
from generation.jobs.placing.creation_switch import GenerationOff
from generation.jobs.placing.job_request import UserCatalog
from generation.models import Endpoint, ImageModel, Job
from generation.models.model_cache import Catalog

TRIAL_EXTENSION = 50  # percent
REASON = gettext_noop("Trial of a model paid by the service")


def place(
    *,
    staff: User,
    model: ImageModel,
    prompt: str,
    source_images: Sequence[str] = (),
    endpoint: Endpoint | None = None,
) -> Job:
    """Queue one job with the model's defaults; nobody pays credits for it.

    It is made at `endpoint`, also a disabled one, or where users' jobs are. It belongs to `staff`,
    and its limits of the day, queue and storage do not apply. `model` must be valid as saved.

    Raises:
        InvalidParameters: the model does not accept the prompt or the source images.
        GenerationOff: all spending is stopped.
    """
    offered = copy(model)
    offered.enabled = True
    vars(offered).pop("offer", None)  # of the disabled model
    request: dict[str, Any] = {
        "model": model.slug,
        "prompt": prompt,
        "source_images": list(source_images),
        "source_roles": model.offer.usual_roles(len(source_images)),
    }
    if model.offer.needs_mask:  # what staff upload is an image: it is extended
        request["outpaint"] = {"right": TRIAL_EXTENSION}
    catalog = UserCatalog(Catalog({model.pk: offered}), staff)
    (job,) = drafts.of_requests([request], catalog=catalog).jobs
    job.model, job.credits, job.is_trial = model, 0, True
    if endpoint:
        job.snapshot["wanted_endpoint"] = endpoint.pk
    with transaction.atomic():
        held = holds.Hold(reference=job.id, amount=0, reason=REASON)
        holds.hold_all(user=staff, by_staff=True, holds=[held])
        guard = (creation_switch.OPEN_FOR_STAFF,)
        if not lifecycle.insert([job], actor=staff, detail="trial", guard=guard):
            raise GenerationOff(creation_switch.read())
        dispatch.submit(model.slug)
    return job
