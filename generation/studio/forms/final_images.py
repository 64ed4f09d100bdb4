"""Finals of drafts: the same images by a better model, or new ones from the same prompts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.limits.quotas import Quotas
from generation.catalog.offers import BATCH_MAX, Offer
from generation.jobs.placing.job_order import LIST_MAX
from generation.models import Image, ImageModel
from generation.studio.forms import image_edits, remaking
from generation.studio.forms.composer import Composer
from generation.studio.forms.draft_images import OF_ONE_MODEL, accepts_inputs, is_draft

BEST = "best"
"""The purpose by which the catalog marks models for finals."""
LARGER = 1.5
"""By which factor an image must have more pixels to be larger."""
SIZE = {"width", "height"}


@dataclass(frozen=True)
class Final:
    """The request of one image's final, and the size in px of what it makes."""

    request: Mapping[str, Any]
    size: tuple[int, int]


@dataclass(frozen=True)
class Finals:
    """What one model can make of some images: a run for each prompt, of BATCH_MAX at most."""

    model: ImageModel
    made: Mapping[Image, Final]

    @property
    def keeps(self) -> bool:
        """Whether the draft is the source, so that its composition stays."""
        return keeps_drafts(self.model.offer)

    @property
    def runs(self) -> list[list[dict[str, Any]]]:
        requests: dict[str, list[dict[str, Any]]] = {}
        for image, final in self.made.items():
            requests.setdefault(image.prompt, []).append({**final.request, "draft": str(image.id)})
        return [
            of_prompt[start : start + BATCH_MAX]
            for of_prompt in requests.values()
            for start in range(0, len(of_prompt), BATCH_MAX)
        ]

    @property
    def size(self) -> tuple[int, int] | None:
        """Their size in px; None if they have several."""
        sizes = {final.size for final in self.made.values()}
        return sizes.pop() if len(sizes) == 1 else None


def keeps_drafts(offer: Offer) -> bool:
    """Return whether the model can make a final from the draft itself."""
    return remaking.can_remake(offer) or bool(image_edits.scales_of(offer))


def of_images(
    images: Iterable[Image],
    models: Iterable[ImageModel],
    *,
    allowed: Quotas,
    styles: Collection[str],
    preferred: str = "",
) -> list[Finals]:
    """Return what can be made of those that are drafts, by one model each.

    First by models that keep the composition. Of those by the `preferred` model unless it made one
    of the images, then by those that the catalog marks as best, then by the others, the most
    expensive first. A style is kept if it is among `styles`.
    """
    suitable = [image for image in images if is_draft(image)][:LIST_MAX]
    finals = []
    for model in models:
        if allowed.allows_model(model.slug):
            made = {
                image: final
                for image in suitable
                if (final := _final(image, model, allowed=allowed, styles=styles))
            }
            finals.append(Finals(model, made))
    own = {image.origin.model_id for image in suitable}

    def rank(one: Finals) -> tuple[bool, bool, bool, bool, int]:
        is_preferred = one.model.slug == preferred and one.model.pk not in own
        price = 0 if _is_best(one.model) else -_price(one)
        return (
            not one.keeps,
            not is_preferred,
            one.model.offer.upscales,
            not _is_best(one.model),
            price,
        )

    return sorted((one for one in finals if one.made), key=rank)


def _final(
    image: Image, model: ImageModel, *, allowed: Quotas, styles: Collection[str]
) -> Final | None:
    """Return the final of an image by this model, None if it makes no better one."""
    style = image.origin.style if image.origin.style in styles else ""
    if scales := image_edits.scales_of(model.offer):
        request = image_edits.upscale_by(model, image, scale=scales[0])
        size = (image.width * scales[0], image.height * scales[0])
    elif remaking.can_remake(model.offer):
        form = remaking.remade(image, model, amount=remaking.FINAL, style=style)
        form.quotas = allowed
        request, size = form.request(), remaking.size_of(form, image)
    elif repeated := _repeated(image, model, style=style):
        repeated.quotas = allowed
        request, size = repeated.request(), repeated.size or (image.width, image.height)
    else:
        return None
    return Final(request, size) if _is_better(size, image, model) else None


def _repeated(image: Image, model: ImageModel, *, style: str) -> Composer | None:
    """Return the form of a new image from the prompt, None if the model has no such inputs."""
    job = image.origin
    as_made = Composer.filled(job.model, job.parameters)
    is_repeatable = image.seed is not None and "seed" in model.parameters
    if not is_repeatable or not accepts_inputs(model, as_made):
        return None
    kept = {name: value for name, value in job.parameters.items() if name not in OF_ONE_MODEL}
    kept |= {"seed": image.seed, "style": style}
    form = Composer.filled(model, {name: kept[name] for name in kept.keys() - SIZE})
    form.texts["shape"] = f"{image.width}x{image.height}"
    return form


def _is_better(size: tuple[int, int], image: Image, model: ImageModel) -> bool:
    growth = size[0] * size[1] / (image.width * image.height)
    is_best = _is_best(model) and not _is_best(image.origin.model)
    return growth >= LARGER or (is_best and growth * LARGER >= 1)


def _is_best(model: ImageModel) -> bool:
    return BEST in model.purposes.split()


def _price(finals: Finals) -> int:
    final = next(iter(finals.made.values()))
    return finals.model.offer.price_of(final.request, size=final.size)
