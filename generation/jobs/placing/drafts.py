"""Requests as jobs that are not stored yet: validated, with a seed, a price and a snapshot."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from artgen.refusals import FieldError
from generation.catalog import edit_sizes
from generation.catalog.job_parameters import SEED_MAX
from generation.catalog.offers import BATCH_MAX, InvalidParameters, Offer
from generation.catalog.request_validation import length_error
from generation.jobs.budgets import spending
from generation.jobs.inputs.request_images import OrderImages, RequestImages
from generation.jobs.placing.job_request import JobOrderBody, UserCatalog
from generation.models import ImageModel, Job, Style
from generation.studio.presets.own_styles import StyleText


@dataclass(frozen=True)
class Drafts:
    """Jobs that are not stored yet, and the images that they use."""

    jobs: list[Job]
    images: OrderImages

    @property
    def urgent(self) -> int:
        """How many of the jobs count for the limit of waiting ones: all but background jobs."""
        return sum(not job.background for job in self.jobs)


def repeated(request: Mapping[str, Any], *, count: int) -> list[dict[str, Any]]:
    """Return `count` requests from one; a given seed counts up, so that the images differ."""
    seed = request.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int):
        return [dict(request) for _number in range(count)]
    return [
        {**request, "seed": (seed + n) % (SEED_MAX + 1) if 0 <= seed <= SEED_MAX else seed}
        for n in range(count)
    ]


def of_requests(
    requests: Sequence[Mapping[str, Any]],
    *,
    catalog: UserCatalog,
    is_listed: bool = False,
    max_count: int = BATCH_MAX,
    is_again: bool = False,
) -> Drafts:
    """Return an unsaved job for each request; `is_again`: what they name may be gone.

    Raises:
        InvalidParameters: of the first invalid request; with `is_listed`, of all of them, with
            fields such as `jobs[2].width`.
    """
    if not 1 <= len(requests) <= max_count:
        detail = _("Must be 1–%(max)d images.") % {"max": max_count}
        raise InvalidParameters([FieldError(field="count", code="max_value", detail=detail)])
    jobs: list[Job] = []
    errors: list[FieldError] = []
    images = OrderImages()
    for index, request in enumerate(requests):
        try:
            jobs.append(_draft(request, catalog=catalog, order_images=images))
        except InvalidParameters as refused:
            if not is_listed:
                raise
            errors += [
                replace(error, field=f"jobs[{index}].{error.field}") for error in refused.errors
            ]
    if not is_again:
        errors += catalog.unknown(jobs, is_listed=is_listed)
    if errors:
        raise InvalidParameters(errors)
    return Drafts(jobs, images)


def _draft(request: Mapping[str, Any], *, catalog: UserCatalog, order_images: OrderImages) -> Job:
    body = JobOrderBody(data=request, context={"catalog": catalog})
    body.is_valid(raise_exception=True)
    fields = body.validated_data
    model, style = fields["model"], fields["style"]
    offer = catalog.offer(model)
    images = order_images.of_request(catalog.user, fields["source_images"], mask_id=fields["mask"])
    fields["style"] = style.slug if style else ""
    _complete(fields, offer=offer, images=images)
    snapshot = _snapshot(offer, model=model, style=style)
    if fields["source_roles"]:
        snapshot["roles"] = model.roles
    if images.show_upload(fields["source_roles"]):
        snapshot["shows_upload"] = True
    parameters = {name: value for name, value in fields.items() if name != "model"}
    if images.must_be_reduced(offer, beside={**parameters, **snapshot}):
        snapshot["sources_reduced"] = True
    job = priced(offer, fields, id=uuid7(), user=catalog.user, snapshot=snapshot)
    if "prompt" in offer.parameters:  # with what its style and roles add, as the model gets it
        limit, added = offer.max_length("prompt"), len(job.sent_prompt) - len(job.prompt)
        if error := length_error(job.prompt, None if limit is None else max(0, limit - added)):
            raise catalog.too_long(error, {**request, "prompt": job.sent_prompt}, offer=offer)
    return job


def priced(offer: Offer, fields: Mapping[str, Any], **columns: Any) -> Job:
    """Return an unsaved job of these fields and columns, with its price and expected cost."""
    credits, pixels = offer.price_of(fields), fields["width"] * fields["height"]
    usd = spending.expected_cost(fields["model"], pixels=pixels, credits=credits)
    return Job(credits=credits, expected_usd=usd, **fields, **columns)


def _complete(fields: dict[str, Any], *, offer: Offer, images: RequestImages) -> None:
    """Fill in what the source image decides, and a random seed."""
    fields["source_images"] = [str(source.id) for source in images.sources]
    if images.mask:
        fields["mask"] = str(images.mask.id)
    if offer.sized_by_source:
        fields["width"], fields["height"] = edit_sizes.size_from(offer, fields, source=images.size)
    fields["prompt"] = fields["prompt"] or images.prompt()
    if fields["seed"] is None:
        fields["seed"] = secrets.randbelow(SEED_MAX + 1)


def _snapshot(
    offer: Offer, *, model: ImageModel, style: Style | StyleText | None
) -> dict[str, Any]:
    """Return what the job keeps of model and style, so that later changes do not affect it."""
    snapshot = {
        "slug": offer.slug,
        **model.settings_at(model.endpoint),
        "style_template": style.template if style else None,
        "price": offer.price.as_json(),
    }
    if isinstance(style, StyleText):
        snapshot |= {"style_name": style.name, "style_negative": style.negative}
    return snapshot
