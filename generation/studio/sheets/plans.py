"""What a comparison consists of: its heads, and the request of each cell. Pure.

A comparison varies what has several values: each choice in the prompt, the models, and up to two
axes. `make` distributes these over rows and columns: a given axis where it was asked for; the
models, if they are no such axis, over the columns unless an axis is there; and choices of the
prompt over the rows, the last of them over the columns if those are free.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.limits.quotas import MEGAPIXEL, Quotas
from artgen.refusals import FieldError
from artgen.web import formatting
from generation.catalog import shapes
from generation.catalog.offers import InvalidParameters, Offer
from generation.catalog.parameters import SLIDERS
from generation.catalog.shapes import ShapeChoice
from generation.imaging import aspect_ratio
from generation.jobs.queue.model_cache import Catalog
from generation.studio.sheets import alternatives
from generation.studio.sheets.alternatives import Template
from generation.studio.sheets.request import Asked, Axis

MAX_CELLS = 64
MAX_ERRORS = 5
NAMES: Mapping[str, Any] = {
    "prompt": "",
    "model": "",
    "style": gettext_lazy("Style"),
    "seed": gettext_lazy("Seed"),
    **{name: one.label for name, one in SLIDERS.items()},
}
"""How heads name what varies; values that speak for themselves have no name."""


@dataclass(frozen=True)
class Head:
    """One value of what varies: `by` is "prompt", "model" or the name of a parameter.

    `text` names the value: a model or style by its name at that time.
    """

    by: str
    value: Any
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
class Plan:
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


def make(
    asked: Asked,
    *,
    catalog: Catalog,
    lists: Mapping[str, Sequence[str]],
    quotas: Quotas | None,
    seed: int,
    own_styles: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Return the cells of a comparison, each validated against the limits of its model.

    `lists` are the entries of the user's word lists; `seed` is that of all cells if none is given;
    within `quotas` the size of the images is chosen; `own_styles` are names of the user's own
    styles by slug.

    Raises:
        InvalidParameters: too many or too few cells, or some are invalid; its errors name the cell,
            and as field the one of the request that makes it so.
    """
    template = alternatives.parse(asked.prompt, lists=lists, seed=seed)
    _check_models(asked.models, catalog)
    styles = {slug: style.name for slug, style in catalog.styles.items()} | dict(own_styles)
    rows, columns = _arranged(asked, template, catalog, styles)
    _check_strength([*rows, *columns], asked)
    count = math.prod(len(one.heads) for one in (*rows, *columns))
    _check_count(count)
    row_heads = [tuple(heads) for heads in product(*(one.heads for one in rows))]
    column_heads = [tuple(heads) for heads in product(*(one.heads for one in columns))]
    requests, errors = [], dict[tuple[str, str], FieldError]()
    sizes = {
        slug: _size(catalog.offers[slug], ratio=asked.aspect_ratio, quotas=quotas)
        for slug in asked.models
    }
    fields = {one.heads[0].by: one.field for one in (*rows, *columns)}
    for row in row_heads:
        for column in column_heads:
            heads = (*row, *column)
            chosen = {head.by: head.value for head in heads if head.by != "prompt"}
            slug = str(chosen.get("model", asked.models[0]))
            offer = catalog.offers[slug]
            options = _options(template, rows=(rows, row), columns=(columns, column))
            request = {
                **_base(asked, offer, seed=seed),
                **sizes[slug],
                **{name: value for name, value in chosen.items() if name != "model"},
                "prompt": template.filled(options),
            }
            for error in _errors(request, offer=offer, styles=styles):
                place = fields.get(error.field, error.field)
                detail = f"{_cell(heads, offer)}: {error.detail}"
                errors.setdefault((place, error.detail), FieldError(place, error.code, detail))
            requests.append({"model": slug, **request})
    if errors:
        raise InvalidParameters(list(errors.values())[:MAX_ERRORS])
    return Plan(rows=row_heads, columns=column_heads, requests=requests)


def _arranged(
    asked: Asked, template: Template, catalog: Catalog, styles: Mapping[str, str]
) -> tuple[list[_Dimension], list[_Dimension]]:
    """Return what varies from row to row, and from column to column."""
    rows: list[_Dimension] = []
    columns: list[_Dimension] = []
    choices = [
        _Dimension("prompt", [Head("prompt", text, text) for text in options], choice=number)
        for number, options in enumerate(template.choices)
    ]
    if asked.columns and asked.columns.parameter != "model":
        columns.append(_of_axis("columns", asked.columns, styles))
    if len(asked.models) > 1:
        heads = [Head("model", slug, catalog.offers[slug].name) for slug in asked.models]
        is_row = columns or (asked.rows and asked.rows.parameter == "model")
        (rows if is_row else columns).append(_Dimension("models", heads))
    if not columns and choices:
        columns.append(choices.pop())
    rows = choices + rows
    if asked.rows and asked.rows.parameter != "model":
        rows.append(_of_axis("rows", asked.rows, styles))
    return rows, columns


def _of_axis(field: str, axis: Axis, styles: Mapping[str, str]) -> _Dimension:
    heads = []
    for value in axis.values:
        text = "" if value is None else f"{value}"
        if axis.parameter == "style" and value in styles:
            text = styles[str(value)]
        heads.append(Head(axis.parameter, value, text))
    return _Dimension(f"{field}.values", heads)


def _options(
    template: Template,
    *,
    rows: tuple[Sequence[_Dimension], Heads],
    columns: tuple[Sequence[_Dimension], Heads],
) -> list[str]:
    """Return the option of each choice in the prompt of one cell, in their order."""
    found = {
        dimension.choice: str(head.value)
        for dimensions, heads in (rows, columns)
        for dimension, head in zip(dimensions, heads, strict=True)
        if dimension.choice is not None
    }
    return [found[number] for number in range(len(template.choices))]


def _base(asked: Asked, offer: Offer, *, seed: int) -> dict[str, Any]:
    """Return what all cells of a model have in common; not all have a negative prompt."""
    base: dict[str, Any] = {
        "style": asked.style,
        "seed": seed if asked.seed is None else asked.seed,
        "source_images": list(asked.source_images),
    }
    if asked.negative_prompt and "negative_prompt" in offer.parameters:
        base["negative_prompt"] = asked.negative_prompt
    return base


def _size(offer: Offer, *, ratio: str, quotas: Quotas | None) -> dict[str, int]:
    """Return the model's size closest to the ratio that the quotas allow, {} for its default."""
    if offer.sized_by_source or not ratio:
        return {}
    found = _sizes(offer, quotas=quotas)
    if quotas is not None:
        allowed = [one for one in found if quotas.allows_size(one.width, one.height)]
        found = allowed or found
    if not found:
        return {}
    best = min(
        found,
        key=lambda one: aspect_ratio.distance(ratio, width=one.width, height=one.height),
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


def _check_strength(dimensions: Iterable[_Dimension], asked: Asked) -> None:
    if asked.source_images:
        return
    for one in dimensions:
        if one.heads[0].by == "strength":
            text = _("Strength needs a source image: it says how much that one may change.")
            raise InvalidParameters([FieldError(one.field, "not_supported", text)])


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


def listed(refused: InvalidParameters) -> InvalidParameters:
    """Return the refusal with the fields of cells, which a form does not have, as `count`."""
    known = {"prompt", "models", "rows.values", "columns.values", "style", "count", "seed"}
    return InvalidParameters(
        [
            error if error.field in known else replace(error, field="count")
            for error in refused.errors
        ]
    )


def progress_text(*, done: int, total: int) -> str:
    """Return "20 of 32 images ready"."""
    text = ngettext(
        "%(done)s of %(total)s image ready", "%(done)s of %(total)s images ready", total
    )
    return text % {"done": formatting.number(done), "total": formatting.number(total)}
