"""Requests as jobs that are not stored yet: validated, with a seed, a price and a snapshot."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import User
from artgen.refusals import FieldError
from generation.catalog import edit_sizes
from generation.catalog.offers import BATCH_MAX, InvalidParameters
from generation.catalog.parameters import SEED_MAX
from generation.jobs.budgets import spending
from generation.jobs.inputs import masks, sources
from generation.jobs.inputs.sources import OwnImage
from generation.jobs.placing.job_request import JobOrderBody
from generation.jobs.queue.model_cache import Catalog
from generation.models import Image, Job
from generation.runpod.payloads import dialect_of
from generation.studio.presets.own_styles import StyleText


@dataclass(frozen=True)
class Drafts:
    """Jobs that are not stored yet, and the uploads that they use, masks included."""

    jobs: list[Job]
    uploads: frozenset[UUID]


def repeated(request: Mapping[str, Any], *, count: int) -> list[dict[str, Any]]:
    """Return `count` requests from one; a given seed counts up, so that the images differ."""
    seed = request.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int):
        return [dict(request) for _n in range(count)]
    return [
        {**request, "seed": (seed + n) % (SEED_MAX + 1) if 0 <= seed <= SEED_MAX else seed}
        for n in range(count)
    ]


def of_requests(
    requests: Sequence[Mapping[str, Any]],
    *,
    user: User,
    catalog: Catalog,
    listed: bool,
    max_count: int = BATCH_MAX,
    kept_style: StyleText | None = None,
) -> Drafts:
    """Return an unsaved job for each request.

    `kept_style` is the own style of a job that is placed again, as it was then.

    Raises:
        InvalidParameters: of the first invalid request; with `listed`, of all of them, with fields
            such as `jobs[2].width`.
    """
    if not 1 <= len(requests) <= max_count:
        detail = _("Must be 1–%(max)d images.") % {"max": max_count}
        raise InvalidParameters([FieldError(field="count", code="max_value", detail=detail)])
    jobs: list[Job] = []
    uploads: set[UUID] = set()
    errors: list[FieldError] = []
    seen: dict[tuple[str, ...], list[OwnImage]] = {}
    for index, request in enumerate(requests):
        try:
            job, known = _of_request(
                request,
                user=user,
                catalog=catalog,
                seen=seen,
                kept_style=kept_style,
            )
        except InvalidParameters as refused:
            if not listed:
                raise
            errors += [
                replace(error, field=f"jobs[{index}].{error.field}") for error in refused.errors
            ]
        else:
            jobs.append(job)
            uploads |= {source.id for source in known if source.is_upload}
    if errors:
        raise InvalidParameters(errors)
    return Drafts(jobs=jobs, uploads=frozenset(uploads))


def _of_request(
    request: Mapping[str, Any],
    *,
    user: User,
    catalog: Catalog,
    seen: dict[tuple[str, ...], list[OwnImage]],
    kept_style: StyleText | None,
) -> tuple[Job, list[OwnImage]]:
    """Return the job and its images; `seen` are source images that were read for this order."""
    context = {"catalog": catalog, "user": user, "kept_style": kept_style}
    shape = JobOrderBody(data=request, context=context)
    shape.is_valid(raise_exception=True)
    fields = shape.validated_data
    model, style = fields["model"], fields["style"]
    offer = catalog.offers[model.slug]
    ids = tuple(fields["source_images"])
    if ids not in seen:
        seen[ids] = sources.check(user=user, ids=ids)
    known = list(seen[ids])
    fields["source_images"] = [str(source.id) for source in known]
    if fields["mask"]:
        known.append(masks.check(user=user, mask_id=fields["mask"], source=known[0]))
        fields["mask"] = str(known[-1].id)
    if offer.sized_by_source:
        source = (known[0].width, known[0].height)
        fields["width"], fields["height"] = edit_sizes.size_from(offer, fields, source=source)
    fields["prompt"] = fields["prompt"] or _prompt_of(known[0])
    fields["style"] = style.slug if style else ""
    if fields["seed"] is None:
        fields["seed"] = secrets.randbelow(SEED_MAX + 1)
    snapshot = {
        "slug": offer.slug,
        "endpoint_id": offer.endpoint_id,
        "dialect": offer.dialect,
        "request_format": offer.request_format,
        "workflow": model.workflow,
        "style_template": style.template if style else None,
        "price": offer.price.as_json(),
    }
    if isinstance(style, StyleText):
        snapshot |= {"style_name": style.name, "style_negative": style.negative}
    parameters = {name: value for name, value in fields.items() if name != "model"}
    dialect = dialect_of(offer.dialect, offer.request_format)
    images = known[: len(fields["source_images"])]
    if sources.must_be_reduced(images, dialect=dialect, beside={**parameters, **snapshot}):
        snapshot["sources_reduced"] = True
    credits = offer.price_of(fields)
    pixels = fields["width"] * fields["height"]
    job = Job(
        id=uuid7(),
        user=user,
        credits=credits,
        expected_usd=spending.expected(model, pixels=pixels, credits=credits),
        snapshot=snapshot,
        **fields,
    )
    return job, known


def _prompt_of(source: OwnImage) -> str:
    """Return the prompt of the source image, which an edit without a prompt keeps."""
    prompts = Image.objects.filter(id=source.id).values_list("job__prompt", "saved__prompt")
    return next((prompt for found in prompts for prompt in found if prompt), "") or _("Untitled")
