"""Comparisons: the form with its quote, the sheets, and what can be done with one."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.request_user import user_of
from accounts.limits import quotas, rate_limits
from accounts.models import User
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.gallery import zip_slots
from generation.jobs.placing import page_quotes
from generation.jobs.placing.page_quotes import PageQuotes
from generation.models import ImageModel, Job, Sheet, WordList
from generation.owned_rows import named_rows
from generation.studio.comparisons import (
    cells,
    comparison_order,
    comparison_plan,
    comparison_zip,
)
from generation.studio.comparisons.cells import FilledSheet
from generation.studio.comparisons.comparison_order import SheetQuote
from generation.studio.comparisons.comparison_plan import Heads
from generation.studio.comparisons.comparison_request import MAX_MODELS, ComparisonRequest, clean
from generation.studio.forms import field_texts
from generation.studio.forms.comparison_form import (
    DEFAULT_MODELS,
    OWN_AXES,
    ComparisonForm,
    models_having,
)
from generation.studio.presets import composer_choices
from generation.views.create import form_files
from generation.views.create.composer_context import source_thumbnails, style_options
from generation.views.create.composer_links import composable
from generation.views.create.model_list import model_options, sorted_models
from generation.views.create.refused_form import show_refusal
from generation.views.gallery.zip_download import ArchiveResponse
from generation.views.jobs import cards, live_texts
from generation.views.partials import part, wants_part
from generation.views.shown_price import max_credits_of
from generation.views.undo import with_undo

RECENT = 6
PAGE_SIZE = 24


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    """Show the form; POST creates the images, or shows the errors beside the fields.

    A POST with `check` only shows price and wait time, for browsers without script.
    """
    if request.method != "POST":
        return render(request, "generation/comparison.html", _page(request, _from_address(request)))
    form = ComparisonForm.posted(request.POST)
    user = user_of(request)
    files = request.FILES.getlist("upload")
    try:
        for _file in files:
            rate_limits.spend("upload", user.pk)
        for file in files:
            form.sources.append(str(form_files.keep(user, file).id))
    except Refusal as refusal:
        return show_refusal(form, refusal, lambda status: _refused(request, form, status=status))
    if "check" in request.POST:
        return render(request, "generation/comparison.html", _page(request, form, is_checked=True))
    rate_limits.spend("place", user.pk)
    try:
        order = comparison_order.place(
            user=user,
            comparison=_comparison(form),
            key=request.POST.get("key", "")[:255],
            max_credits=max_credits_of(request),
        )
    except Refusal as refusal:
        return show_refusal(form, refusal, lambda status: _refused(request, form, status=status))
    return redirect("sheet", sheet_id=order.batch)


@login_required
@require_POST
def quote(request: HttpRequest) -> HttpResponse:
    """Return the button with price and wait time, what will be made, and the errors."""
    form = ComparisonForm.posted(request.POST)
    context = _quoted(user_of(request), form, speaks=bool(form.prompt.strip()))
    return part(request, "generation/_comparison_quote.html", {"form": form, **context})


def _comparison(form: ComparisonForm) -> ComparisonRequest:
    return clean(form.request())


def _refused(request: HttpRequest, form: ComparisonForm, *, status: int) -> HttpResponse:
    context = _page(request, form)
    return render(request, "generation/comparison.html", context, status=status)


def _quoted(user: User, form: ComparisonForm, *, speaks: bool) -> dict[str, Any]:
    """Return the context of `_comparison_quote.html`; with `speaks` it says what is wrong."""
    sheet_quote: SheetQuote | None = None
    if form.prompt.strip():
        try:
            sheet_quote = comparison_order.quote(user=user, comparison=_comparison(form))
        except Refusal as refusal:
            if speaks:
                form.explain(refusal)
    context: dict[str, Any] = {"sheet_quote": sheet_quote, **page_quotes.pause_of(user)}
    if sheet_quote:
        context |= {
            "offer": sheet_quote.quote,
            "columns": _labels(sheet_quote.plan.columns),
            "rows": _labels(sheet_quote.plan.rows),
            "size": (len(sheet_quote.plan.rows), len(sheet_quote.plan.columns)),
        }
    return context


def _labels(heads: list[Heads]) -> list[str]:
    return [" · ".join(head.label for head in group) for group in heads if group]


def _page(
    request: HttpRequest, form: ComparisonForm, *, is_checked: bool = False
) -> dict[str, Any]:
    user = user_of(request)
    models = composable(ImageModel.objects.enabled().defer("workflow"))
    if not form.models and request.method != "POST":
        form.models = _default_models(user, models, has_sources=bool(form.sources))
    if request.method != "POST":
        form.show_models_axis()
    form.having = models_having([model.offer for model in models])
    own = composer_choices.of_user(user)
    models = sorted_models(models, own)
    quotes = PageQuotes.of_models(user, models, allowed=quotas.of(user))
    # After a refusal its errors are shown, not those of another check.
    context = _quoted(user, form, speaks=is_checked)
    return context | {
        "form": form,
        "options": model_options(models, own=own, chosen=form.models, quotes=quotes),
        "styles": style_options(own),
        "sources": source_thumbnails(user, form.sources, form.roles),
        "shows_axes": form.has_own_axes or _has_used_axes(user),
        "lists": list(WordList.objects.of(user).present()),
        "recent": Sheet.objects.of(user).present().order_by("-id")[:RECENT],
        "max_cells": comparison_plan.MAX_CELLS,
        "max_models": MAX_MODELS,
        "key": uuid.uuid4(),
    }


def _has_used_axes(user: User) -> bool:
    columns, rows = (
        Q(asked__columns__parameter__in=OWN_AXES),
        Q(asked__rows__parameter__in=OWN_AXES),
    )
    return Sheet.objects.of(user).filter(columns | rows).exists()


def _default_models(user: User, models: list[ImageModel], *, has_sources: bool) -> list[str]:
    """Return some models that the user may use: those for source images, or without any."""
    allowed = quotas.of(user)
    fitting = [
        model.slug
        for model in models
        if (model.max_source_images if has_sources else not model.min_source_images)
        and allowed.allows_model(model.slug)
    ]
    return fitting[:DEFAULT_MODELS]


def _from_address(request: HttpRequest) -> ComparisonForm:
    """Return the form for a link: ?sheet=ID, ?job=ID, ?prompt=, ?model=, ?source=ID or ID:ROLE."""
    parameters: QueryDict = request.GET
    if sheet_id := parse_uuid(parameters.get("sheet", "")):
        own = Sheet.objects.of(request.user).present().filter(id=sheet_id).first()
        if own:
            return ComparisonForm.filled(own.asked)
    form = ComparisonForm(texts={"prompt": parameters.get("prompt", "")[:PROMPT_MAX_LENGTH]})
    if job_id := parse_uuid(parameters.get("job", "")):
        job = Job.objects.of(request.user).select_related("model").filter(id=job_id).first()
        if job:
            form.texts = {
                "prompt": job.prompt,
                "negative_prompt": job.negative_prompt,
                "style": job.style,
            }
            form.models = [job.model.slug]
            form.sources = list(job.source_images)
            form.roles = dict(zip(form.sources, job.source_roles, strict=False))
    if model := parameters.get("model", ""):
        form.models = [model]
    if "source" in parameters:
        form.sources, form.roles = field_texts.read_sources(parameters.getlist("source"))
    return form


@login_required
@require_safe
def sheets(request: HttpRequest) -> HttpResponse:
    rows = Sheet.objects.of(request.user).present().order_by("-id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "generation/sheets.html", {"page": page, "sheets": page.object_list})


@login_required
@require_safe
def sheet(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """Show a comparison; scripts get its head and the grid."""
    filled = cells.filled(_own(request, sheet_id))
    context = _sheet_context(filled)
    if wants_part(request):
        return part(request, "generation/_sheet.html", context)
    return render(request, "generation/sheet.html", context | {"words": live_texts.ready_texts()})


@login_required
@require_safe
def download(request: HttpRequest, sheet_id: UUID) -> HttpResponseBase:
    """Send the images of the comparison as one ZIP, with a table of them."""
    own = _own(request, sheet_id)
    slot = zip_slots.take(user_of(request))
    filled = cells.filled(own)
    name = comparison_zip.filename(filled)
    return ArchiveResponse(comparison_zip.pack(filled), slot=slot, name=name)


@login_required
@require_POST
def cancel(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    own = _own(request, sheet_id)
    max_credits = max_credits_of(request) or 0
    done = cells.cancel_rest(own, actor=user_of(request), max_credits=max_credits)
    (messages.error if done.obstacle else messages.info)(request, done.text)
    return redirect("sheet", sheet_id=sheet_id)


@login_required
@require_POST
def delete(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    own = _own(request, sheet_id)
    named_rows.delete(own)
    text = _("Comparison deleted. Its images are kept.")
    undo = reverse("restore_sheet", args=[own.id])
    messages.success(request, with_undo(text, action=undo, form="restore-form"))
    return redirect("sheets")


@login_required
@require_POST
def restore(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    own = get_object_or_404(Sheet.objects.of(request.user), id=sheet_id)
    named_rows.restore(own)
    return redirect("sheet", sheet_id=own.id)


def _own(request: HttpRequest, sheet_id: UUID) -> Sheet:
    return get_object_or_404(Sheet.objects.of(request.user).present(), id=sheet_id)


def _sheet_context(filled: FilledSheet) -> dict[str, Any]:
    by_job = {card.job.id: card for card in cards.of_jobs(filled.jobs)}
    rows = [
        {"labels": row.labels, "cards": [by_job[job.id] if job else None for job in row.jobs]}
        for row in filled.rows
    ]
    return {
        "columns": filled.columns,
        "rows": rows,
        "has_heads": any(row.labels for row in filled.rows),
        "has_column_heads": any(filled.columns),
        "progress": comparison_plan.progress_text(done=filled.done, total=len(filled.sheet.jobs)),
        "cancelable": len(filled.cancelable),
        "sheet": filled.sheet,
        "filled": filled,
    }
