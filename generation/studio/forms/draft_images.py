"""Drafts of what a form asks for: many small images of the cheapest model that suits."""

import math
from typing import Protocol

from generation.catalog import shapes
from generation.catalog.job_parameters import SLIDERS, SliderArea
from generation.catalog.offers import USUAL_SIZE, Offer
from generation.catalog.source_roles import EDIT
from generation.models import Image, ImageModel
from generation.models.model_cache import Catalog
from generation.studio.forms.composer import Composer

COUNT = 8
PIXELS = 512 * 512
MAX_PIXELS = 768 * 768
"""Of a draft: some models make none of PIXELS."""
OF_ONE_MODEL = {name for name, one in SLIDERS.items() if one.slider is SliderArea.TUNING}
"""Settings whose values mean little to another model."""


def is_draft(image: Image) -> bool:
    """Return whether the image is as small as a draft, and not a changed or a finished one."""
    return image.has_parameters and is_drafted(image.origin, width=image.width, height=image.height)


class Made(Protocol):
    """What `is_drafted` reads of a job, or of a row with its columns."""

    @property
    def prompt(self) -> str: ...
    @property
    def draft(self) -> str: ...
    @property
    def scale(self) -> int | None: ...
    @property
    def mask(self) -> str: ...
    @property
    def erase(self) -> bool: ...
    @property
    def outpaint(self) -> object: ...


def is_drafted(job: Made, *, width: int, height: int) -> bool:
    """Return whether images of this job and size are drafts."""
    is_edit = job.draft or job.scale or job.mask or job.erase or job.outpaint
    return width * height <= MAX_PIXELS and bool(job.prompt) and not is_edit


def draft_of(form: Composer, catalog: Catalog) -> Composer | None:
    """Return the form with the drafts of what this form asks for.

    Of the models that accept its inputs, the cheapest makes them, and of those the fastest. None if
    no image of them would cost less than one of the form, or for a list of prompts.
    """
    if form.prompt_count > 1:
        return None
    request = form.request()
    costs = {
        slug: (
            offer.price_of(request, size=_size(form, offer) or form.size),
            offer.typical_seconds,
        )
        for slug, offer in catalog.offers.items()
        if accepts_inputs(catalog.models[slug], form)
        and (form.quotas is None or form.quotas.allows_model(slug))
    }
    cheapest = min(costs, key=costs.__getitem__, default="")
    is_cheaper = cheapest and costs[cheapest][0] < form.price
    return _draft(form, catalog.models[cheapest]) if is_cheaper else None


def accepts_inputs(model: ImageModel, form: Composer) -> bool:
    """Return whether a model uses everything that the form of another one has."""
    sources = len(form.sources) if form.takes_sources else 0
    roles = {form.roles.get(source, EDIT) for source in form.sources[:sources]}
    return (
        not model.is_tool
        and model.min_source_images <= sources <= model.max_source_images
        and (not roles or roles <= set(model.offer.source_roles))
        and ("negative_prompt" in model.parameters or not form.uses_negative_prompt)
        # Without a LoRA, a model for them is no choice.
        and ("lora_url" in model.parameters) == form.uses_lora
    )


def _draft(form: Composer, model: ImageModel) -> Composer:
    draft = form.for_model(model)
    for name in OF_ONE_MODEL:
        draft.texts.pop(name, None)
    size = _size(form, draft.offer)
    draft.exact = size is not None and draft.has_exact_size
    if size:
        width, height = size
        draft.texts |= {
            "shape": f"{width}x{height}",
            "width": str(width),
            "height": str(height),
        }
    draft.texts["count"] = str(min(COUNT, max(1, form.max_count)))
    return draft


def _size(form: Composer, offer: Offer) -> tuple[int, int] | None:
    """Return the size of a draft of what the form asks for; None if its source decides."""
    width, height = (max(1, side) for side in form.size or USUAL_SIZE)
    scale = min(1.0, math.sqrt(PIXELS / (width * height)))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    return shapes.nearest_size(offer.parameters, width=small[0], height=small[1])
