"""Models: their settings, limits, prices and workflows."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, IntegerField, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from artgen.admin.actions import back_to_start, on_each
from artgen.admin.pages import page
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.admin.image_models import request_preview
from generation.admin.image_models.cost_pages import CostPages, dollars
from generation.admin.image_models.endpoints import try_out
from generation.admin.image_models.image_model_form import ImageModelForm
from generation.admin.image_models.model_trials import TrialPages
from generation.admin.read_only import Media
from generation.catalog import model_validation
from generation.jobs.budgets import budget_changes
from generation.jobs.engine import dispatch, submission_pauses
from generation.models import (
    Endpoint,
    ImageModel,
    Job,
    OutageKind,
    ProviderOutage,
    Spending,
    endpoints,
)
from generation.operations import endpoint_figures
from generation.operations.endpoint_figures import EndpointFigures

REQUEST_FIELDS = (
    "endpoint_id",
    "dialect",
    "request_format",
    "workflow",
    "parameters",
    "price",
    "expected_cost",
    "enabled",
)


@admin.register(ImageModel)
class ImageModelAdmin(TrialPages, CostPages):
    menu_icon = "deployed_code"

    class Media(Media):
        js = ("generation/admin.js",)

    form = ImageModelForm
    change_form_template = "admin/generation/imagemodel/change_form.html"
    change_list_template = "admin/generation/imagemodel/change_list.html"
    list_display = (
        *("named", "enabled", "endpoint_id", "submissions", "waiting", "out", "max_in_flight"),
    )
    list_filter = ("enabled", "dialect")
    search_fields = ("slug", "name", "endpoints__endpoint_id")
    columns_of_results = ("name", "slug")
    ordering = ("position", "slug")
    actions = ("switch_on", "switch_off", "end_pause")
    save_on_top = True
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("enabled", "name", "slug", "position"),
                    *("description_en", "description_ru", "languages", "purposes"),
                    *("licence", "examples"),
                )
            },
        ),
        (
            _("At the provider"),
            {"fields": ("endpoint_id", "dialect", "max_in_flight", "typical_seconds", "under_way")},
        ),
        (
            _("Parameters"),
            {
                "fields": (
                    "parameters",
                    ("min_source_images", "max_source_images"),
                    "roles",
                    "request_format",
                    "request_format_help",
                    "workflow",
                )
            },
        ),
        (_("Check"), {"fields": ("sample_input",)}),
        (
            _("Price"),
            {
                "fields": (
                    "expected_cost",
                    "price",
                    "max_usd",
                    "charges_canceled",
                    "background_discount",
                )
            },
        ),
    )
    readonly_fields = ("under_way", "endpoint_list", "request_format_help", "sample_input")

    def get_fieldsets(self, request: HttpRequest, obj: ImageModel | None = None) -> Any:
        """Return the sections; that of endpoints if there are several."""
        sections = super().get_fieldsets(request, obj)
        if obj is None or obj.endpoints.count() < 2:
            return sections
        fields = ("endpoint_list", "cheapest_first", "rent_after_seconds")
        return [*sections, (_("Endpoints"), {"fields": fields})]

    @admin.display(description=_("endpoints"))
    def endpoint_list(self, model: ImageModel) -> SafeString:
        """Return all endpoints side by side."""
        jobs = Job.objects.at_provider().filter(model=model).order_by().values_list("endpoint")
        there = dict(jobs.annotate(Count("id")))
        outage = ProviderOutage.objects.blocking(
            OuterRef("endpoint_id"), provider=OuterRef("provider")
        )
        stored = model.endpoints.annotate(outage=Subquery(outage.values("kind")[:1]))
        figures = endpoint_figures.of_model(model, now=timezone.now())
        width, height = model_validation.usual_size(model.offer)
        rows = [
            {
                "endpoint": endpoint,
                "state": endpoint_state(endpoint),
                "jobs": there.get(endpoint.pk, 0),
                "cells": _cells(
                    figures.get(endpoint.pk, EndpointFigures()),
                    expected=cost.of(images=1, pixels=width * height) if cost else None,
                ),
            }
            for endpoint in stored
            for cost in [endpoint.own_cost or model.cost]
        ]
        return render_to_string("admin/generation/imagemodel/_endpoints.html", {"rows": rows})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Put a new model last: the first one is the default of all users."""
        last = ImageModel.objects.aggregate(last=Max("position"))["last"]
        return {"position": 0 if last is None else last + 1} | super().get_changeform_initial_data(
            request
        )

    def get_form(
        self,
        request: HttpRequest,
        obj: ImageModel | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return the form; the fields of the model's endpoint look as those of the model."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        for field in endpoints.settings_fields():
            if field.name in form.base_fields:
                form.base_fields[field.name] = self.formfield_for_dbfield(field, request)
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        models: QuerySet[Any] = super().get_queryset(request)
        first = Endpoint.objects.enabled().filter(model=OuterRef("pk"))
        enabled = first.order_by().values("model")
        all_endpoints = Endpoint.objects.filter(model=OuterRef("pk")).order_by().values("model")
        outage = ProviderOutage.objects.blocking(
            OuterRef("endpoint_id"), provider=OuterRef("provider")
        )
        counted: QuerySet[Any] = models.annotate(
            endpoint_id=Subquery(first.values("endpoint_id")[:1]),
            endpoint_count=Coalesce(Subquery(all_endpoints.values(number=Count("id"))), 0),
            max_in_flight=Coalesce(Subquery(enabled.values(room=Sum("max_in_flight"))), 0),
            submit_after=Subquery(first.values("submit_after")[:1]),
            outage=Subquery(first.values(kind=Subquery(outage.values("kind")[:1]))[:1]),
            is_open=Exists(first.filter(~Exists(outage)).exclude(submit_after__gt=timezone.now())),
            jobs_waiting=_count(Job.objects.queued()),
            jobs_out=_count(Job.objects.at_provider()),
        )
        return counted

    @admin.display(description=_("name"), ordering="name")
    def named(self, model: ImageModel) -> SafeString:
        """Return the name, and the slug that API and commands use."""
        return format_html('{}<span class="second">{}</span>', model.name, model.slug)

    @admin.display(description=_("submissions"))
    def submissions(self, model: ImageModel) -> str:
        """Return whether its jobs are submitted to an endpoint, or why not to the first one."""
        if getattr(model, "is_open", False):
            return gettext("running")
        if outage := getattr(model, "outage", None):
            return str(OutageKind(outage).label)
        return _pause_text(getattr(model, "submit_after", None)) or gettext("running")

    @admin.display(description=_("endpoint id"), ordering="endpoint_id")
    def endpoint_id(self, model: ImageModel) -> str:
        others = getattr(model, "endpoint_count", 1) - 1
        first = str(getattr(model, "endpoint_id", None) or "")
        return f"{first} (+{others})" if others > 0 else first

    @admin.display(description=_("jobs at the endpoint at once"), ordering="max_in_flight")
    def max_in_flight(self, model: ImageModel) -> int:
        return getattr(model, "max_in_flight", None) or 0

    @admin.display(description=_("waiting"), ordering="jobs_waiting")
    def waiting(self, model: ImageModel) -> int:
        return int(getattr(model, "jobs_waiting", 0))

    @admin.display(description=_("at the provider"), ordering="jobs_out")
    def out(self, model: ImageModel) -> int:
        return int(getattr(model, "jobs_out", 0))

    @admin.display(description=_("jobs in progress"))
    def under_way(self, model: ImageModel) -> str:
        return gettext("queued: %(waiting)d, at the provider: %(out)d") % {
            "waiting": self.waiting(model),
            "out": self.out(model),
        }

    @admin.display(description=_("format reference"))
    def request_format_help(self, model: ImageModel) -> SafeString:
        return render_to_string(
            "admin/generation/imagemodel/_request_format.html",
            {"examples": request_preview.examples()},
        )

    @admin.display(description=_("request to the provider"))
    def sample_input(self, model: ImageModel) -> SafeString:
        """Return the button of the preview, and the preview of the saved settings."""
        address = reverse("admin:generation_imagemodel_preview")
        context = {"address": address if model._state.adding else f"{address}?model={model.pk}"}
        if not model._state.adding:
            context |= request_preview.preview(model)
        return render_to_string("admin/generation/imagemodel/_sample.html", context)

    def get_urls(self) -> list[URLPattern]:
        name, view = "generation_imagemodel_preview", self.admin_site.admin_view(self.preview)
        urls: list[URLPattern] = [path("preview/", view, name=name), *super().get_urls()]
        return urls

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show the request of a sample job with the submitted values; nothing is saved."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        model_id = request.GET.get("model", "")
        model = None
        if model_id:
            key = model_id if model_id.isascii() and model_id.isdigit() else 0
            model = get_object_or_404(ImageModel, pk=key)
        allowed = (
            self.has_change_permission(request, model)
            if model
            else self.has_add_permission(request)
        )
        if not allowed:
            raise PermissionDenied
        form = ImageModelForm(request.POST, instance=model)
        context: dict[str, Any] = (
            request_preview.preview(form.instance)
            if form.is_valid()
            else {"errors": request_preview.form_errors(form)}
        )
        if request.headers.get("X-Part") == "1":  # the page's own script
            return render(request, "admin/generation/imagemodel/_preview.html", context)
        context["title"] = gettext("Request to the provider")
        return page(self, request, "admin/generation/imagemodel/preview.html", **context)

    def save_model(
        self, request: HttpRequest, obj: ImageModel, form: forms.BaseForm, change: bool
    ) -> None:
        """Save, and warn if unfinished jobs keep their old settings."""
        super().save_model(request, obj, form, change)
        obj.save_endpoint()
        try_out(self, request, obj.endpoint)
        budget_changes.reconsider(too_dear_at=obj)
        under_way = obj.jobs.active().count() if change else 0
        if under_way and set(form.changed_data) & set(REQUEST_FIELDS):
            text = ngettext(
                "%(count)d job of this model is in progress. It keeps its settings.",
                "%(count)d jobs of this model are in progress. They keep their settings.",
                under_way,
            )
            self.message_user(request, text % {"count": under_way}, messages.WARNING)

    def has_delete_permission(self, request: HttpRequest, obj: ImageModel | None = None) -> bool:
        """Allow deletion only of a model that has had no jobs; others can be disabled."""
        if obj is None or Spending.objects.filter(model=obj).exists():
            return False
        # A range: with `=` a generic plan expects a row soon and reads all jobs to find none.
        jobs = Job.objects.filter(model__gte=obj.pk, model__lte=obj.pk)
        return super().has_delete_permission(request, obj) and not jobs.exists()

    @admin.action(description=_("Enable"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Enable the models whose settings are valid."""
        done = 0
        for model in queryset.order_by("position", "slug"):
            if problem := request_preview.problem_of(model):
                self.message_user(request, f"{model.name}: {problem}", messages.ERROR)
            elif not model.enabled:
                self._switch(request, model, enabled=True)
                done += 1
        self._say_switched(request, done)

    @admin.action(description=_("Disable"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        done = 0
        for model in queryset.filter(enabled=True).order_by("position", "slug"):
            self._switch(request, model, enabled=False)
            done += 1
            if under_way := model.jobs.active().count():
                text = ngettext(
                    "%(name)s: %(count)d job is in progress. It keeps its settings.",
                    "%(name)s: %(count)d jobs are in progress. They keep their settings.",
                    under_way,
                )
                self.message_user(
                    request, text % {"name": model.name, "count": under_way}, messages.WARNING
                )
        self._say_switched(request, done)

    @admin.action(description=_("End the pause: submit one job now"), permissions=["change"])
    def end_pause(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Submit a job of each paused model; if RunPod accepts it, the others follow."""

        def end(model: ImageModel) -> None:
            if not submission_pauses.end_pause(model):
                raise Refusal(gettext("it is not paused."))
            dispatch.submit(model.slug)

        def done(count: int) -> str:
            return ngettext(
                "%(count)d model is tried again.", "%(count)d models are tried again.", count
            )

        rows = queryset.order_by("position", "slug")
        on_each(self, request, rows, end, logged="pause ended", done_text=done)
        return back_to_start(request)

    def _switch(self, request: HttpRequest, model: ImageModel, *, enabled: bool) -> None:
        ImageModel.objects.filter(pk=model.pk).update(enabled=enabled)
        self.log_change(request, model, "enabled" if enabled else "disabled")

    def _say_switched(self, request: HttpRequest, count: int) -> None:
        text = ngettext("%(count)d model changed.", "%(count)d models changed.", count)
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.INFO
        )


def _cells(figures: EndpointFigures, *, expected: Decimal | None) -> list[str]:
    """Return the figures of an endpoint; ≈ marks sums that are in part expected.

    `expected` is the cost of an image of the model's usual size.
    """
    about = "≈\N{NO-BREAK SPACE}" if figures.is_expected else ""
    percent, each = figures.success_percent, figures.usd_per_image
    return [
        formatting.number(figures.succeeded),
        "—" if percent is None else f"{percent:.0f} %",
        "—" if figures.seconds is None else formatting.duration(figures.seconds),
        f"{about}{dollars(figures.usd)}" if figures.usd else "—",
        "—" if each is None or not each else f"{about}{dollars(each)}",
        "—" if expected is None else dollars(expected),
    ]


def endpoint_state(endpoint: Endpoint) -> str:
    """Return whether jobs are submitted to an endpoint, or why not."""
    if not endpoint.enabled:
        return gettext("off")
    if outage := getattr(endpoint, "outage", None):
        return str(OutageKind(outage).label)
    return _pause_text(endpoint.submit_after) or gettext("running")


def _pause_text(submit_after: datetime | None) -> str:
    if submit_after is None or submit_after <= timezone.now():
        return ""
    return gettext("paused until %(time)s") % {"time": formatting.clock(submit_after)}


def _count(jobs: QuerySet[Job]) -> Coalesce:
    """Return the number of these jobs per model, found by partial indexes."""
    mine = (
        jobs.filter(model=OuterRef("pk"))
        .order_by()
        .values("model")
        .annotate(number=Count("id"))
        .values("number")
    )
    return Coalesce(Subquery(mine), 0, output_field=IntegerField())
