"""Jobs that staff place to try a model: paid by the service, also while the model is disabled."""

import hashlib
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts import holds
from accounts.models import User
from generation.jobs import creation_switch, dispatch, drafts, lifecycle
from generation.jobs.creation_switch import GenerationOff
from generation.jobs.idempotency import OrderKey, Twin
from generation.jobs.model_cache import Catalog
from generation.models import ImageModel, Job

TRIAL_EXTENSION = 50  # percent
REASON = gettext_noop("Trial of a model paid by the service")


@dataclass(frozen=True)
class Trial:
    """A job that tries a model, and whether this call has placed it."""

    job: Job
    created: bool


def place(
    *,
    staff: User,
    model: ImageModel,
    prompt: str,
    source_images: Sequence[str] = (),
    form_key: str = "",
) -> Trial:
    """Queue one job with the model's defaults; nobody pays credits for it.

    It belongs to `staff`, and its limits of the day, queue and storage do not apply. `model` must
    be valid as saved. The same prompt with the same `form_key` is one job.

    Raises:
        InvalidParameters: the model does not accept the prompt or the source images.
        GenerationOff: all spending is stopped.
        KeyBusy: the job of this key has been deleted.
    """
    key = _order_key(staff, model, prompt, form_key) if form_key else None
    if key and (known := key.placed()):
        return Trial(known[0], created=False)
    offered = copy(model)
    offered.enabled = True
    request: dict[str, Any] = {
        "model": model.slug,
        "prompt": prompt,
        "source_images": list(source_images),
    }
    if model.offer.needs_mask:  # what staff upload is an image: it is extended
        request["outpaint"] = {"right": TRIAL_EXTENSION}
    drafted = drafts.of_requests(
        [request], user=staff, catalog=Catalog({model.pk: offered}), listed=False
    )
    (job,) = drafted.jobs
    job.model, job.credits, job.is_trial = model, 0, True
    try:
        _insert(job, staff=staff, model=model, key=key)
    except Twin:
        if key is None or not (known := key.placed()):
            raise
        return Trial(known[0], created=False)
    return Trial(job, created=True)


def _order_key(staff: User, model: ImageModel, prompt: str, form_key: str) -> OrderKey:
    # With the prompt: a browser may go back to the form as it was, to try another one.
    digest = hashlib.sha256(prompt.encode()).hexdigest()
    return OrderKey(
        user=staff,
        key=f"trial {form_key} {digest}",
        by_staff=True,
        is_batch=False,
        requests=[{"model": model.slug, "prompt": prompt}],
    )


def _insert(job: Job, *, staff: User, model: ImageModel, key: OrderKey | None) -> None:
    with transaction.atomic():
        if key:
            key.remember(job.id)
        held = holds.Hold(reference=job.id, amount=0, reason=REASON)
        holds.hold_all(user=staff, by_staff=True, holds=[held])
        guard = (creation_switch.OPEN_FOR_STAFF,)
        if not lifecycle.placed([job], actor=staff, detail="trial", guard=guard):
            raise GenerationOff(creation_switch.read())
        dispatch.submit(model.slug)
