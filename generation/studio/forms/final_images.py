"""Finals of drafts: new images from the same prompts, by a better model, at its full size."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.limits.quotas import Quotas
from generation.catalog.offers import BATCH_MAX
from generation.jobs.placing.job_order import LIST_MAX
from generation.models import Image, ImageModel
from generation.studio.forms.composer import Composer
from generation.studio.forms.draft_images import OF_ONE_MODEL, accepts_inputs, is_draft

BEST = "best"
"""The purpose by which the catalog marks models for finals."""
LARGER = 1.5
"""By which factor an image must have more pixels to be larger."""
SIZE = {"width", "height"}


@dataclass(frozen=True)
class Finals:
    """What one model can make of some images: a run for each prompt, of BATCH_MAX at most."""

    model: ImageModel
    forms: Mapping[Image, Composer]
    """The form of each image's final."""

    @property
    def runs(self) -> list[list[dict[str, Any]]]:
        requests: dict[str, list[dict[str, Any]]] = {}
        for image, form in self.forms.items():
            request = form.request() | {"draft": str(image.id)}
            requests.setdefault(form.prompt, []).append(request)
        return [
            of_prompt[start : start + BATCH_MAX]
            for of_prompt in requests.values()
            for start in range(0, len(of_prompt), BATCH_MAX)
        ]

    @property
    def size(self) -> tuple[int, int] | None:
        """Their size in px; None if they have several, or that of their source images."""
        sizes = {form.size for form in self.forms.values()}
        return sizes.pop() if len(sizes) == 1 else None


def of_images(
    images: Iterable[Image],
    models: Iterable[ImageModel],
    *,
    allowed: Quotas,
    styles: Collection[str],
    preferred: str = "",
) -> list[Finals]:
    """Return what can be made of those that are drafts, by one model each.

    First by the `preferred` model unless it made one of the images, then by those that the catalog
    marks as best, then by the others, the most expensive first. A style is kept if it is among
    `styles`.
    """
    suitable = [image for image in images if is_draft(image) and _can_be_repeated(image)][:LIST_MAX]
    finals = []
    for model in models:
        if allowed.allows_model(model.slug):
            forms = {
                image: form
                for image in suitable
                if (form := _final(image, model, allowed=allowed, styles=styles))
            }
            finals.append(Finals(model, forms))
    own = {image.origin.model_id for image in suitable}

    def rank(one: Finals) -> tuple[bool, bool, int]:
        is_preferred = one.model.slug == preferred and one.model.pk not in own
        return not is_preferred, not _is_best(one.model), 0 if _is_best(one.model) else -_price(one)

    return sorted((one for one in finals if one.forms), key=rank)


def _can_be_repeated(image: Image) -> bool:
    if not image.has_parameters or image.seed is None:
        return False
    job = image.origin
    return bool(job.prompt) and not (job.scale or job.mask or job.erase or job.outpaint)


def _final(
    image: Image, model: ImageModel, *, allowed: Quotas, styles: Collection[str]
) -> Composer | None:
    """Return the form of an image's final by this model, None if it makes no better one."""
    job = image.origin
    as_made = Composer.filled(job.model, job.parameters)
    if "seed" not in model.parameters or not accepts_inputs(model, as_made):
        return None
    kept = {name: value for name, value in job.parameters.items() if name not in OF_ONE_MODEL}
    kept |= {"seed": image.seed, "style": job.style if job.style in styles else None}
    form = Composer.filled(model, {name: kept[name] for name in kept.keys() - SIZE})
    form.quotas = allowed
    form.texts["shape"] = f"{image.width}x{image.height}"
    return form if _is_better(form, image) else None


def _is_better(form: Composer, image: Image) -> bool:
    width, height = form.size or (image.width, image.height)
    growth = width * height / (image.width * image.height)
    is_best = _is_best(form.model) and not _is_best(image.origin.model)
    return growth >= LARGER or (is_best and growth * LARGER >= 1)


def _is_best(model: ImageModel) -> bool:
    return BEST in model.purposes.split()


def _price(finals: Finals) -> int:
    return next(iter(finals.forms.values())).price
