"""What can be made of an image that is there: larger, varied, changed in a part, extended."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.web import formatting
from generation.catalog import edit_sizes, languages
from generation.catalog.offers import Offer
from generation.catalog.source_roles import EDIT
from generation.files.uploads import MAX_SIDE
from generation.models import Image, ImageModel, Job
from generation.studio.forms import draft_images, remaking
from generation.studio.forms.composer import Composer

SCALES = (2, 4)
CUTOUT = 1
"""The scale of models that remove the background."""
VARIANTS = 4
"""Images of one request for variants."""


MADE_BY = (
    *("draft", "source_images", "source_roles"),
    *("scale", "outpaint", "erase", "mask", "strength", "prompt"),
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
    """Variants on offer: model, price of VARIANTS images in credits, size of one in px, and the
    prompt that another one may replace.
    """

    model: ImageModel
    credits: int
    size: tuple[int, int]
    prompt: str


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
    cutout: Upscale | None
    variant: Variant | None
    fillers: Sequence[Filler]
    is_editable: bool
    """Whether a model accepts it as a source image, to be edited by words."""

    def __bool__(self) -> bool:
        can_change = self.variant or self.fillers or self.is_editable
        return bool(self.upscales or self.cutout or can_change)


def of_image(image: Image, models: Sequence[ImageModel]) -> Edits:
    offers = [(model, model.offer) for model in models]
    return Edits(
        upscales=[upscale for scale in SCALES for upscale in _scaled(image, offers, scale)],
        cutout=next(iter(_scaled(image, offers, CUTOUT)), None),
        variant=_variant(image, offers),
        fillers=_fillers(image, offers),
        is_editable=any(
            EDIT in offer.source_roles and not offer.is_tool for _model, offer in offers
        ),
    )


def upscale_request(
    image: Image, models: Sequence[ImageModel], *, scale: int, slug: str = ""
) -> dict[str, Any]:
    """Return the request that enlarges the image, by the model of `slug`, or the first that can.

    LookupError without such a model.
    """
    for model in models:
        if scale in scales_of(model.offer) and slug in ("", model.slug):
            return upscale_by(model, image, scale=scale)
    raise LookupError


def upscale_by(model: ImageModel, image: Image, *, scale: int) -> dict[str, Any]:
    return {"model": model.slug, "scale": scale, "source_images": [str(image.id)]}


def variant_request(
    image: Image,
    models: Sequence[ImageModel],
    *,
    amount: str,
    styles: Sequence[str],
    prompt: str = "",
) -> dict[str, Any]:
    """Return the request of one variant; LookupError without a model for it.

    `prompt` is another one than the image's. Its style is kept if it is among `styles`. Raises
    KeyError unless `amount` is one of `remaking.AMOUNTS`.
    """
    if amount not in remaking.AMOUNTS:
        raise KeyError(amount)
    job = image.origin
    model = _varying(image, [(model, model.offer) for model in models])
    if model is None:
        raise LookupError
    style = job.style if job.style in styles else ""
    return remaking.remade(image, model, amount=amount, prompt=prompt, style=style).request()


def made_by(job: Job) -> str:
    """Return in a few words how an image of this job was made of another one, "" if it was not."""
    if job.draft:
        return _("From a draft")
    if not job.source_images:
        return ""
    if job.scale == CUTOUT:
        return _("Background removed")
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
    is_varied = job.strength is not None or remaking.is_instructed(job.prompt)
    return bool(job.source_images) and is_varied and not is_edit


def made_text(job: Job, *, width: int, height: int) -> str:
    """Return `made_by`, with the size where that is what changed."""
    return f"{made_by(job)} · {width} × {height}" if job.scale or job.draft else made_by(job)


def run_text(job: Job, *, count: int, width: int, height: int) -> str:
    """Return what a run of `count` images of this size made: drafts, or of its source; else ""."""
    if draft_images.is_drafted(job, width=width, height=height) and not job.source_images:
        text = ngettext("%(count)s draft", "%(count)s drafts", count)
        return text % {"count": formatting.number(count)}
    if count == 1 or not (job.draft or _is_variant(job)):
        return made_text(job, width=width, height=height)
    text = ngettext("%(count)s variant", "%(count)s variants", count)
    if job.draft:
        text = ngettext("%(count)s image from a draft", "%(count)s images from drafts", count)
    return text % {"count": formatting.number(count)}


def scales_of(offer: Offer) -> tuple[Any, ...]:
    parameter = offer.parameters.get("scale")
    if parameter is None:
        return ()
    return parameter.choices or tuple(
        scale
        for scale in SCALES
        if (parameter.min or 1) <= scale and (parameter.max is None or scale <= parameter.max)
    )


def _scaled(image: Image, offers: Sequence[tuple[ImageModel, Offer]], scale: int) -> list[Upscale]:
    if not edit_sizes.can_upscale((image.width, image.height), scale=scale):
        return []
    upscales = []
    for model, offer in offers:
        if scale in scales_of(offer):
            size = edit_sizes.upscaled(offer, (image.width, image.height), scale=scale)
            price = offer.price_of({"scale": scale}, size=size)
            upscales.append(Upscale(model, scale, price, *size))
    return upscales


def _variant(image: Image, offers: Sequence[tuple[ImageModel, Offer]]) -> Variant | None:
    model = _varying(image, offers)
    if model is None:
        return None
    form = remaking.remade(image, model, amount="subtle")
    size = remaking.size_of(form, image)
    credits = form.offer.price_of(form.request(), size=size) * VARIANTS
    return Variant(model, credits, size, prompt=remaking.own_prompt(image.prompt))


def _varying(image: Image, offers: Sequence[tuple[ImageModel, Offer]]) -> ImageModel | None:
    """Return the model for variants: that of the image if it can, else the nearest.

    That is the one whose slug begins with most words of the other's: `qwen-image-edit` for
    `qwen-image`. None for an image whose prompt is unknown.
    """
    own = image.model
    if not image.prompt:
        return None

    def nearness(model: ImageModel) -> tuple[bool, int, bool]:
        pairs = zip(model.slug.split("-"), own.slug.split("-") if own else (), strict=False)
        words = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return model == own, words, "strength" in model.parameters

    able = [model for model, offer in offers if remaking.can_remake(offer)]
    return max(able, key=nearness, default=None)


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
