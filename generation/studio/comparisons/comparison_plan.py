"""What a comparison consists of: its heads, and the request of each cell. Pure.

A comparison varies what has several values: each choice in the prompt, the models, and up to two
axes. `make` distributes these over rows and columns: a given axis where it was asked for; the
models, if they are no such axis, over the columns unless an axis is there; and choices of the
prompt over the rows, the last of them over the columns if those are free.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.limits.quotas import MEGAPIXEL, Quotas
from artgen.refusals import FieldError
from artgen.web import formatting
from generation.catalog import shapes
from generation.catalog.job_parameters import SLIDERS
from generation.catalog.offers import InvalidParameters, Offer
from generation.catalog.shapes import ShapeChoice
from generation.imaging import aspect_ratio
from generation.jobs.placing.job_request import UserCatalog
from generation.models.model_cache import Catalog
from generation.studio.comparisons import prompt_templates
from generation.studio.comparisons.comparison_request import Axis, ComparisonRequest
from generation.studio.comparisons.prompt_templates import Template

MAX_CELLS = 64
MAX_ERRORS = 5
NAMES: Mapping[str, Any] = {
    "prompt": "",
    "model": "",
    "style": gettext_lazy("Style"),
    "seed": gettext_lazy("Seed"),
    **{name: parameter.label for name, parameter in SLIDERS.items()},
}
"""How heads name what varies; values that speak for themselves have no name."""


@dataclass(frozen=True)
class Head:
    """One value of what varies: `by` is "prompt", "model" or the name of a parameter.

    `text` names the value: a model or style by its name at that time.
    """

    by: str
    value: object
    text: str

    @property
    def label(self) -> str:
        """The value with the name of its parameter, in the active language."""
        if self.by == "style" and not self.value:
            return _("No style")
        if self.by == "prompt" and not self.text:
            return "—"
        if isinstance(self.value, float):
            return f"{NAMES[self.by]} {formatting.decimal(self.value)}"
        return f"{NAMES.get(self.by, '')} {self.text}".strip()

    def as_json(self) -> dict[str, Any]:
        return {"by": self.by, "value": self.value, "text": self.text}


Heads = tuple[Head, ...]
"""What a row or a column has in common."""


@dataclass(frozen=True)
class ComparisonPlan:
    """The cells of a comparison: `requests` are those of `orders`, row by row."""

    rows: list[Heads]
    columns: list[Heads]
    requests: list[dict[str, Any]]


@dataclass(frozen=True)
class _Dimension:
    """What varies, the field of the request that says so, and its values."""

    field: str
    heads: Sequence[Head]
    choice: int | None = None
    """Which choice of the prompt it is."""


@dataclass(frozen=True)
class ComparisonOwner:
    word_lists: Mapping[str, Sequence[str]]
    """Entries by name."""
    quotas: Quotas | None
    """Within these the size of the images is chosen."""
    own_styles: Mapping[str, str] = field(default_factory=dict)
    """Names by slug."""


@dataclass(frozen=True)
class _Layout:
    """What varies from row to row and from column to column, and how both are headed."""

    rows: Sequence[_Dimension]
    columns: Sequence[_Dimension]

    @property
    def dimensions(self) -> list[_Dimension]:
        return [*self.rows, *self.columns]

    @property
    def row_heads(self) -> list[Heads]:
        return [tuple(heads) for heads in product(*(row.heads for row in self.rows))]

    @property
    def column_heads(self) -> list[Heads]:
        return [tuple(heads) for heads in product(*(column.heads for column in self.columns))]

    @property
    def fields(self) -> dict[str, str]:
        return {dimension.heads[0].by: dimension.field for dimension in self.dimensions}

    def options(self, heads: Heads) -> dict[int, str]:
        """Return the option of each choice in the prompt of one cell."""
        return {
            dimension.choice: str(head.value)
            for dimension, head in zip(self.dimensions, heads, strict=True)
            if dimension.choice is not None
        }


def make(
    comparison: ComparisonRequest, *, catalog: UserCatalog, owner: ComparisonOwner, seed: int
) -> ComparisonPlan:
    """Return the cells of a comparison, each validated against the limits of its model.

    `seed` is that of all cells if none is given.

    Raises:
        InvalidParameters: too many or too few cells, or some are invalid; its errors name the cell,
            and as field the one of the request that makes it so.
    """
    template = prompt_templates.parse(comparison.prompt, lists=owner.word_lists, seed=seed)
    offered = catalog.catalog
    _check_models(comparison.models, offered)
    styles = {slug: style.name for slug, style in offered.styles.items()} | dict(owner.own_styles)
    layout = _arranged(comparison, template, offered, styles)
    _check_strength(layout.dimensions, comparison)
    _check_count(math.prod(len(dimension.heads) for dimension in layout.dimensions))
    base_by_model = {
        slug: _base(comparison, offered.offers[slug], quotas=owner.quotas, seed=seed)
        for slug in comparison.models
    }
    requests, errors = [], dict[tuple[str, str], FieldError]()
    for row, column in product(layout.row_heads, layout.column_heads):
        heads = (*row, *column)
        chosen = {head.by: head.value for head in heads if head.by != "prompt"}
        slug = str(chosen.pop("model", comparison.models[0]))
        offer, options = offered.offers[slug], layout.options(heads)
        prompt = template.filled([options[number] for number in range(len(template.choices))])
        request = {**base_by_model[slug], **chosen, "prompt": prompt}
        for error in _errors(request, offer=offer, styles=styles):
            name = layout.fields.get(error.field, error.field)
            if (name, error.detail) in errors:
                continue
            cell, detail = _cell(heads, offer), catalog.with_nearest(error, request).detail
            if not detail.startswith(cell):
                detail = f"{cell}: {detail}"
            errors[name, error.detail] = FieldError(name, error.code, detail)
        requests.append({"model": slug, **request})
    if errors:
        raise InvalidParameters(list(errors.values())[:MAX_ERRORS])
    return ComparisonPlan(rows=layout.row_heads, columns=layout.column_heads, requests=requests)


def _arranged(
    comparison: ComparisonRequest, template: Template, catalog: Catalog, styles: Mapping[str, str]
) -> _Layout:
    """Distribute over rows and columns what varies."""
    rows: list[_Dimension] = []
    columns: list[_Dimension] = []
    choices = [
        _Dimension("prompt", [Head("prompt", text, text) for text in options], choice=number)
        for number, options in enumerate(template.choices)
    ]
    if comparison.columns and comparison.columns.parameter != "model":
        columns.append(_of_axis("columns", comparison.columns, styles))
    if len(comparison.models) > 1:
        heads = [Head("model", slug, catalog.offers[slug].name) for slug in comparison.models]
        is_row = columns or (comparison.rows and comparison.rows.parameter == "model")
        (rows if is_row else columns).append(_Dimension("models", heads))
    if not columns and choices:
        columns.append(choices.pop())
    rows = choices + rows
    if comparison.rows and comparison.rows.parameter != "model":
        rows.append(_of_axis("rows", comparison.rows, styles))
    return _Layout(rows, columns)


def _of_axis(field: str, axis: Axis, styles: Mapping[str, str]) -> _Dimension:
    heads = []
    for value in axis.values:
        text = "" if value is None else f"{value}"
        if axis.parameter == "style" and value in styles:
            text = styles[str(value)]
        heads.append(Head(axis.parameter, value, text))
    return _Dimension(f"{field}.values", heads)


def _base(
    comparison: ComparisonRequest, offer: Offer, *, quotas: Quotas | None, seed: int
) -> dict[str, Any]:
    """Return what all cells of a model have in common; not all have a negative prompt."""
    base: dict[str, Any] = {
        "style": comparison.style,
        "seed": seed if comparison.seed is None else comparison.seed,
        "source_images": list(comparison.source_images),
        "source_roles": list(comparison.source_roles),
    }
    if comparison.negative_prompt and "negative_prompt" in offer.parameters:
        base["negative_prompt"] = comparison.negative_prompt
    return base | _size(offer, ratio=comparison.aspect_ratio, quotas=quotas)


def _size(offer: Offer, *, ratio: str, quotas: Quotas | None) -> dict[str, int]:
    """Return the model's size closest to the ratio that the quotas allow, {} for its default."""
    if offer.sized_by_source or not ratio:
        return {}
    sizes = _sizes(offer, quotas=quotas)
    if quotas is not None:
        allowed = [size for size in sizes if quotas.allows_size(size.width, size.height)]
        sizes = allowed or sizes
    if not sizes:
        return {}
    best = min(
        sizes, key=lambda size: aspect_ratio.distance(ratio, width=size.width, height=size.height)
    )
    return {"width": best.width, "height": best.height}


def _sizes(offer: Offer, *, quotas: Quotas | None) -> list[ShapeChoice]:
    if "size" in offer.parameters:
        return shapes.of_sizes(offer.parameters["size"].choices)
    limit = quotas.megapixels if quotas else None
    return shapes.within(
        width=offer.parameters["width"],
        height=offer.parameters["height"],
        max_pixels=None if limit is None else int(limit * MEGAPIXEL),
    )


def _errors(
    request: Mapping[str, Any], *, offer: Offer, styles: Mapping[str, str]
) -> Iterable[FieldError]:
    try:
        offer.clean(request)
    except InvalidParameters as refused:
        return refused.errors
    if request["style"] and request["style"] not in styles:
        return [FieldError("style", "does_not_exist", _("Style not found."))]
    return []


def _cell(heads: Heads, offer: Offer) -> str:
    """Return what a cell is called in a refusal."""
    labels = [head.label for head in heads if head.by != "model"]
    return " · ".join([offer.name, *labels])


def _check_models(slugs: Sequence[str], catalog: Catalog) -> None:
    for slug in slugs:
        if slug not in catalog.models:
            text = _("Model not found: %(model)s.") % {"model": slug[:100]}
            raise InvalidParameters([FieldError("models", "does_not_exist", text)])


def _check_strength(dimensions: Iterable[_Dimension], comparison: ComparisonRequest) -> None:
    if comparison.source_images:
        return
    for dimension in dimensions:
        if dimension.heads[0].by == "strength":
            text = _("Strength needs a source image: it says how much that one may change.")
            raise InvalidParameters([FieldError(dimension.field, "not_supported", text)])


def _check_count(count: int) -> None:
    if count > MAX_CELLS:
        # 2,000 characters of alternatives multiply to numbers of hundreds of digits.
        shown = formatting.number(count) if count < 10**9 else formatting.number(10**9) + "+"
        text = _(
            "This makes %(count)s images. A comparison has up to %(max)d: remove models, "
            "alternatives or values."
        )
        raise InvalidParameters(
            [FieldError("count", "max_value", text % {"count": shown, "max": MAX_CELLS})]
        )
    if count < 2:
        text = _(
            "Nothing to compare yet. Choose another model, write alternatives such as {red|blue}, "
            "or vary a parameter."
        )
        raise InvalidParameters([FieldError("count", "min_value", text)])


def progress_text(*, done: int, total: int) -> str:
    """Return "20 of 32 images ready"."""
    text = ngettext(
        "%(done)s of %(total)s image ready", "%(done)s of %(total)s images ready", total
    )
    return text % {"done": formatting.number(done), "total": formatting.number(total)}
