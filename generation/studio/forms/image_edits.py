"""What can be made of an image that is there: larger, varied, changed in a part, extended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.web import formatting
from generation.catalog import edit_sizes, languages
from generation.catalog.offers import Offer
from generation.catalog.source_roles import EDIT
from generation.files.uploads import MAX_SIDE
from generation.models import Image, ImageModel, Job
from generation.studio.forms.composer import Composer

SCALES = (2, 4)
VARIANTS = 4
"""Images of one request for variants."""
AMOUNTS = {"subtle": 0.35, "strong": 0.75}
"""How far a variant moves from its image, as a share of the model's range of strengths."""


MADE_BY = (
    *("draft", "source_images", "source_roles"),
    *("scale", "outpaint", "erase", "mask", "strength"),
)
"""The fields of a job that `made_by` reads."""


@dataclass(frozen=True)
class Upscale:
    model: ImageModel
    scale: int
    credits: int
    width: int
    height: int


@dataclass(frozen=True)
class Variant:
    """Variants on offer: model, price of VARIANTS images in credits, size of one in px."""

    model: ImageModel
    credits: int
    size: tuple[int, int]


@dataclass(frozen=True)
class Filler:
    """A model that changes a part of the image, with the price of one image in credits."""

    model: ImageModel
    credits: int
    needs_mask: bool

    @property
    def language_codes(self) -> str:
        """The languages of its prompts, separated by spaces; "" if not known."""
        return " ".join(languages.known(self.model.offer.languages))

    @property
    def languages(self) -> str:
        return languages.listed(languages.known(self.model.offer.languages))


@dataclass(frozen=True)
class Edits:
    upscales: Sequence[Upscale]
    variant: Variant | None
    fillers: Sequence[Filler]
    is_editable: bool
    """Whether a model accepts it as a source image, to be edited by words."""

    def __bool__(self) -> bool:
        return bool(self.upscales or self.variant or self.fillers or self.is_editable)


def of_image(image: Image, models: Sequence[ImageModel]) -> Edits:
    offers = [(model, model.offer) for model in models]
    return Edits(
        upscales=_upscales(image, offers),
        variant=_variant(image, offers),
        fillers=_fillers(image, offers),
        is_editable=any(
            EDIT in offer.source_roles and not offer.is_tool for _model, offer in offers
        ),
    )


def upscale_request(image: Image, models: Sequence[ImageModel], *, scale: int) -> dict[str, Any]:
    """Return the request that enlarges the image; LookupError without a model for it."""
    model = next((model for model in models if scale in _scales(model.offer)), None)
    if model is None:
        raise LookupError
    return {"model": model.slug, "scale": scale, "source_images": [str(image.id)]}


def variant_request(
    image: Image, models: Sequence[ImageModel], *, amount: str, styles: Sequence[str]
) -> dict[str, Any]:
    """Return the request of one variant; LookupError without a model for it.

    Its style is kept if it is among `styles`. Raises KeyError unless `amount` is one of AMOUNTS.
    """
    share = AMOUNTS[amount]
    job = image.origin
    model = _varying(job, [(model, model.offer) for model in models])
    if model is None:
        raise LookupError
    form = _variant_form(image, model)
    if job.style in styles:
        form.texts["style"] = job.style
    return form.request() | {"strength": _strength(model.offer, share)}


def made_by(job: Job) -> str:
    """Return in a few words how an image of this job was made of another one, "" if it was not."""
    if job.draft:
        return _("From a draft")
    if not job.source_images:
        return ""
    if job.scale:
        return _("Upscaled ×%(scale)d") % {"scale": job.scale}
    if job.outpaint:
        return _("Extended")
    if job.erase:
        return _("Object removed")
    if job.mask:
        return _("Area changed")
    if job.source_roles and EDIT not in job.source_roles:
        return _("From references")
    return _("Variant") if _is_variant(job) else _("Edited")


def _is_variant(job: Job) -> bool:
    is_edit = job.draft or job.scale or job.outpaint or job.erase or job.mask
    return bool(job.source_images) and job.strength is not None and not is_edit


def made_text(job: Job, *, width: int, height: int) -> str:
    """Return `made_by`, with the size where that is what changed."""
    return f"{made_by(job)} · {width} × {height}" if job.scale or job.draft else made_by(job)


def run_text(job: Job, *, count: int, width: int, height: int) -> str:
    """Return what a run of `count` images of this size made of its source, "" without one."""
    if count == 1 or not (job.draft or _is_variant(job)):
        return made_text(job, width=width, height=height)
    text = ngettext("%(count)s variant", "%(count)s variants", count)
    if job.draft:
        text = ngettext("%(count)s image from a draft", "%(count)s images from drafts", count)
    return text % {"count": formatting.number(count)}


def _scales(offer: Offer) -> tuple[Any, ...]:
    parameter = offer.parameters.get("scale")
    if parameter is None:
        return ()
    return parameter.choices or tuple(
        scale
        for scale in SCALES
        if (parameter.min or 1) <= scale and (parameter.max is None or scale <= parameter.max)
    )


def _upscales(image: Image, offers: Sequence[tuple[ImageModel, Offer]]) -> list[Upscale]:
    size = (image.width, image.height)
    upscales = []
    for scale in SCALES:
        able = next(((model, offer) for model, offer in offers if scale in _scales(offer)), None)
        if able and edit_sizes.can_upscale(size, scale=scale):
            model, offer = able
            width, height = size[0] * scale, size[1] * scale
            price = offer.price_of({"scale": scale}, size=(width, height))
            upscales.append(Upscale(model, scale, price, width, height))
    return upscales


def _variant(image: Image, offers: Sequence[tuple[ImageModel, Offer]]) -> Variant | None:
    model = _varying(image.origin, offers)
    if model is None:
        return None
    form = _variant_form(image, model)
    size = form.size or edit_sizes.size_from(form.offer, {}, source=(image.width, image.height))
    return Variant(model, form.offer.price_of(form.request(), size=size) * VARIANTS, size)


def _varying(job: Job, offers: Sequence[tuple[ImageModel, Offer]]) -> ImageModel | None:
    """Return the model for variants: that of the image if it can, else the first that can.

    None for an image whose prompt is unknown.
    """
    if not job.prompt:
        return None
    able = [
        model
        for model, offer in offers
        if "strength" in offer.parameters and offer.max_source_images and not offer.is_tool
    ]
    own = (model for model in able if model.pk == job.model_id)
    return next(own, next(iter(able), None))


def _variant_form(image: Image, model: ImageModel) -> Composer:
    job = image.origin
    texts = {
        "prompt": job.prompt,
        "negative_prompt": job.negative_prompt,
        "shape": f"{image.width}x{image.height}",
    }
    return Composer(model=model, texts=texts, sources=[str(image.id)])


def _strength(offer: Offer, share: float) -> float:
    parameter = offer.parameters["strength"]
    low, high = parameter.min or 0, 1 if parameter.max is None else parameter.max
    value = low + share * (high - low)
    step = parameter.step or 0.05
    return float(min(high, round(low + round((value - low) / step) * step, 4)))


def _fillers(image: Image, offers: Sequence[tuple[ImageModel, Offer]]) -> list[Filler]:
    if max(image.width, image.height) > MAX_SIDE:
        return []
    size = (image.width, image.height)
    fillers = []
    for model, offer in offers:
        if not offer.takes_mask:
            continue
        form = Composer(model=model, texts={"shape": f"{image.width}x{image.height}"})
        made = form.size or edit_sizes.size_from(offer, {"mask": "given"}, source=size)
        price = offer.price_of(form.request(), size=made)
        fillers.append(Filler(model, price, offer.needs_mask))
    return fillers
