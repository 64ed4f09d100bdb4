"""What is on offer: models with their limits, prices and workflows; styles; the switch that stops spending."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from artgen import formatting
from generation.admin.reading import Media
from generation.catalog import validation
from generation.catalog.offers import InvalidParameters, read_catalog
from generation.models import (
    ACTIVE,
    GenerationSwitch,
    ImageModel,
    Job,
    OutageKind,
    ProviderOutage,
    Style,
)
from generation.operations import provider_costs
from generation.runpod.payloads import DIALECTS, LEGACY, PUBLIC, PayloadError

ORDER = (
    *("mode", "field"),
    *(
        "prompt",
        "negative_prompt",
        "size",
        "width",
        "height",
        "sources",
        "steps",
        "guidance",
        "strength",
        "seed",
    ),
    *("loras", "lora_url", "lora_scale", "fixed"),
    *("default", "list", "min", "max", "step", "choices", "sizes", "ratios"),
    *("per_image", "per_megapixel", "minimum"),
)
DRIVEN_BY = (
    "endpoint_id",
    "dialect",
    "request_format",
    "workflow",
    "parameters",
    "price",
    "expected_cost",
    "enabled",
)
EXAMPLES = (
    "flux-dev",
    "p-image",
    "nano-banana-pro",
    "qwen-image-edit-2511-lora",
)  # models of the catalog


class RepeatedKey(ValueError):
    """A JSON object that gives one key twice: the first would be lost without a word."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise RepeatedKey(key)
        found[key] = value
    return found


class ReadableJSONField(forms.JSONField):
    """A JSON field that shows one entry a line, or with `indent` the whole tree."""

    def __init__(self, *, indent: int | None = None, rows: int = 12, **kwargs: Any) -> None:
        attrs = {"rows": rows, "class": "json", "spellcheck": "false"}
        super().__init__(widget=forms.Textarea(attrs=attrs), **kwargs)
        self.indent = indent

    def to_python(self, value: Any) -> Any:
        """Return the value; an object that gives a key twice, or is nested without end, is refused."""
        if isinstance(value, str):
            try:
                json.loads(value, object_pairs_hook=_once)
            except RepeatedKey as repeated:
                raise ValidationError(
                    gettext("“%(key)s” is given twice.") % {"key": repeated.key[:80]}
                ) from repeated
            except RecursionError as error:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from error
            except ValueError:
                pass  # said by the field itself
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what was typed, for the field to show it again."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit; what cannot be read stays as it was typed."""
        if isinstance(value, InvalidJSONInput):
            return value
        if self.indent or not isinstance(value, dict) or not value:
            return (
                json.dumps(value, ensure_ascii=False, indent=self.indent)
                if value is not None
                else ""
            )
        lines = (
            f"  {json.dumps(key, ensure_ascii=False)}: {json.dumps(_in_order(inner), ensure_ascii=False)}"
            for key, inner in _in_order(value).items()
        )
        return "{\n" + ",\n".join(lines) + "\n}"


def _in_order(value: Any) -> Any:
    """Return an object with its keys in the order that people expect: PostgreSQL keeps none."""
    if not isinstance(value, dict):
        return value
    return dict(
        sorted(
            value.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else len(ORDER)
        )
    )


class ImageModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model on offer; `ImageModel.clean` rehearses it before it is saved."""

    dialect = forms.ChoiceField(
        label=capfirst(_("dialect")),
        choices=[
            (PUBLIC, _("public: an endpoint of RunPod's own")),
            *((name, name) for name in sorted(DIALECTS)),
        ],
        help_text=_(
            "public: see the request format. All others: the worker that runs at your own endpoint."
        ),
    )
    request_format = ReadableJSONField(
        label=capfirst(_("request format")),
        rows=10,
        required=False,
        help_text=_(
            "Public endpoints only: what the endpoint calls its parameters. What is not listed is not sent."
        ),
    )
    parameters = ReadableJSONField(
        label=capfirst(_("parameters")),
        required=False,
        help_text=_(
            "What a person may set, each with default, min, max, step or choices. Known: width and height, or size "
            "with choices such as 1024x768; steps, guidance, strength, negative_prompt, seed, and lora_url together "
            "with lora_scale. What is not listed is not offered."
        ),
    )
    expected_cost = ReadableJSONField(
        label=capfirst(_("expected cost, $")),
        rows=3,
        required=False,
        help_text=_(
            'What RunPod charges for an image, such as {"per_image": 0.025} or {"per_megapixel": 0.02}.'
        ),
    )
    price = ReadableJSONField(
        label=capfirst(_("price rule")),
        rows=4,
        required=False,
        help_text=_(
            "Leave it empty: the price follows from the expected cost, CREDIT_USD and PRICE_MARGIN. Or set whole "
            "credits an image: max(minimum, ceil(per_image + per_megapixel × megapixels))."
        ),
    )
    workflow = ReadableJSONField(
        label=capfirst(_("workflow")),
        indent=2,
        rows=24,
        required=False,
        help_text=_(
            "ComfyUI only: the graph in API format, with slots such as {{prompt}}, {{seed}}, {{image_1}}."
        ),
    )

    class Meta:
        model = ImageModel
        fields = (
            "enabled",
            "name",
            "slug",
            "position",
            "description_en",
            "description_ru",
            "endpoint_id",
            "dialect",
            "max_in_flight",
            "typical_seconds",
            "request_format",
            "parameters",
            "min_source_images",
            "max_source_images",
            "expected_cost",
            "price",
            "workflow",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = self.instance.dialect
        if named in LEGACY:  # a row of the version before: shown, and then saved, as what it is
            self.initial["dialect"] = PUBLIC
            if self.instance.request_format is None:
                self.initial["request_format"] = dict(LEGACY[named])

    def clean_request_format(self) -> Any:
        """Keep no request format as NULL."""
        return self.cleaned_data["request_format"] or None

    def clean_parameters(self) -> Any:
        """Keep no parameters as an empty object."""
        return self.cleaned_data["parameters"] or {}

    def clean_price(self) -> Any:
        """Keep no price rule as an empty object."""
        return self.cleaned_data["price"] or {}

    def clean_expected_cost(self) -> Any:
        """Keep no expected cost as NULL."""
        return self.cleaned_data["expected_cost"] or None

    def clean_workflow(self) -> Any:
        """Keep no workflow as NULL."""
        return self.cleaned_data["workflow"] or None


@admin.register(ImageModel)
class ImageModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Models on offer: edit, switch, check."""

    class Media(Media):
        """The script that shows a request without leaving the page."""

        js = ("generation/admin.js",)

    form = ImageModelForm
    change_form_template = "admin/generation/imagemodel/change_form.html"
    list_display = (
        *(
            "name",
            "enabled",
            "slug",
            "endpoint_id",
            "submissions",
            "waiting",
            "out",
            "max_in_flight",
            "position",
        ),
        *("expected", "recorded", "drift"),
    )
    list_filter = ("enabled", "dialect")
    search_fields = ("slug", "name", "endpoint_id")
    ordering = ("position", "slug")
    actions = ("switch_on", "switch_off", "try_out")
    save_on_top = True
    fieldsets = (
        (
            None,
            {"fields": ("enabled", "name", "slug", "position", "description_en", "description_ru")},
        ),
        (
            _("At RunPod"),
            {"fields": ("endpoint_id", "dialect", "max_in_flight", "typical_seconds", "under_way")},
        ),
        (
            _("What it takes"),
            {
                "fields": (
                    "parameters",
                    ("min_source_images", "max_source_images"),
                    "request_format",
                    "request_format_help",
                    "workflow",
                )
            },
        ),
        (_("Check"), {"fields": ("sample_input",)}),
        (_("What it costs"), {"fields": ("expected_cost", "price", "costs_lately")}),
    )
    readonly_fields = ("under_way", "request_format_help", "sample_input", "costs_lately")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Put a new model last: the first one is offered first to everybody."""
        last = ImageModel.objects.aggregate(last=Max("position"))["last"]
        return {"position": 0 if last is None else last + 1} | super().get_changeform_initial_data(
            request
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the jobs of each along."""
        models: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = models.annotate(
            outage=Subquery(
                ProviderOutage.objects.blocking([OuterRef("endpoint_id")]).values("kind")[:1]
            ),
            jobs_waiting=_count(Job.objects.queued()),
            jobs_out=_count(Job.objects.at_runpod()),
        )
        return counted

    @admin.display(description=_("submissions"))
    def submissions(self, model: ImageModel) -> str:
        """Return whether its jobs go to RunPod, and if not, why."""
        if outage := getattr(model, "outage", None):
            return str(OutageKind(outage).label)
        if model.submit_after and model.submit_after > timezone.now():
            return gettext("paused until %(time)s") % {"time": formatting.clock(model.submit_after)}
        return gettext("running")

    @admin.display(description=_("waiting"), ordering="jobs_waiting")
    def waiting(self, model: ImageModel) -> int:
        """Return how many of its jobs wait here."""
        return int(getattr(model, "jobs_waiting", 0))

    @admin.display(description=_("at RunPod"), ordering="jobs_out")
    def out(self, model: ImageModel) -> int:
        """Return how many of its jobs are with RunPod."""
        return int(getattr(model, "jobs_out", 0))

    @admin.display(description=_("jobs under way"))
    def under_way(self, model: ImageModel) -> str:
        """Return what a change would meet."""
        return gettext("%(waiting)d waiting, %(out)d at RunPod") % {
            "waiting": self.waiting(model),
            "out": self.out(model),
        }

    # --- costs -------------------------------------------------------------------------------------------------------
    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Put beside each model of the list what its jobs have cost lately."""
        changelist = super().get_changelist_instance(request)
        spent = provider_costs.spent(changelist.result_list)
        for model in changelist.result_list:
            model.spent = spent.get(model.pk)
        return changelist

    @admin.display(description=_("expected, 30 days"))
    def expected(self, model: ImageModel) -> str:
        """Return the dollars that the jobs should have cost."""
        spent = _spent(model)
        return _dollars(spent.expected) if spent and spent.expected is not None else "—"

    @admin.display(description=_("recorded, 30 days"))
    def recorded(self, model: ImageModel) -> str:
        """Return the dollars that RunPod named, and how much of it brought no image."""
        spent = _spent(model)
        if spent is None:
            return "—"
        text = _dollars(spent.recorded)
        if spent.without_image:
            text += " " + gettext("(%(sum)s without an image)") % {
                "sum": _dollars(spent.without_image)
            }
        return text

    @admin.display(description=_("difference"))
    def drift(self, model: ImageModel) -> str:
        """Return by how much the expectation was missed."""
        spent = _spent(model)
        share = spent.drift if spent else None
        return (
            "—"
            if share is None
            else f"{'+' if share >= 0 else '−'}{number_format(round(abs(share) * 100, 1), 1)} %"
        )

    @admin.display(description=_("last 30 days"))
    def costs_lately(self, model: ImageModel) -> str:
        """Return what its jobs have cost against what was expected."""
        if model._state.adding:
            return "—"
        spent = provider_costs.spent([model]).get(model.pk)
        if spent is None:
            return gettext("No job with a cost.")
        model.spent = spent  # type: ignore[attr-defined]
        return gettext(
            "jobs: %(jobs)d · expected: %(expected)s · recorded: %(recorded)s · difference: %(drift)s"
        ) % {
            "jobs": spent.jobs,
            "expected": self.expected(model),
            "recorded": self.recorded(model),
            "drift": self.drift(model),
        }

    # --- the request -------------------------------------------------------------------------------------------------
    @admin.display(description=_("how to write it"))
    def request_format_help(self, model: ImageModel) -> SafeString:
        """Return what every key means, and examples from the catalog."""
        return render_to_string(
            "admin/generation/imagemodel/_request_format.html", {"examples": _examples()}
        )

    @admin.display(description=_("what RunPod would get"))
    def sample_input(self, model: ImageModel) -> SafeString:
        """Return the button that shows the request with what stands in the form, and that of the saved settings."""
        address = reverse("admin:generation_imagemodel_preview")
        context = {"address": address if model._state.adding else f"{address}?model={model.pk}"}
        if not model._state.adding:
            context |= _preview(model)
        return render_to_string("admin/generation/imagemodel/_sample.html", context)

    def get_urls(self) -> list[URLPattern]:
        """Add the preview of a request."""
        name, view = "generation_imagemodel_preview", self.admin_site.admin_view(self.preview)
        urls: list[URLPattern] = [path("preview/", view, name=name), *super().get_urls()]
        return urls

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show the request that a job would send with the values of the posted form; nothing is saved."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        given = request.GET.get("model", "")
        model = (
            get_object_or_404(ImageModel, pk=given if given.isascii() and given.isdigit() else 0)
            if given
            else None
        )
        allowed = (
            self.has_change_permission(request, model)
            if model
            else self.has_add_permission(request)
        )
        if not allowed:
            raise PermissionDenied
        form = ImageModelForm(request.POST, instance=model)
        context: dict[str, Any] = (
            _preview(form.instance) if form.is_valid() else {"errors": _errors(form)}
        )
        if request.headers.get("X-Part") == "1":  # the page's own script
            return render(request, "admin/generation/imagemodel/_preview.html", context)
        context |= self.admin_site.each_context(request) | {
            "title": gettext("What RunPod would get"),
            "opts": self.opts,
        }
        return render(request, "admin/generation/imagemodel/preview.html", context)

    def save_model(self, request: HttpRequest, obj: ImageModel, form: Any, change: bool) -> None:
        """Save, and say when jobs are under way that were placed before."""
        super().save_model(request, obj, form, change)
        under_way = obj.jobs.filter(status__in=ACTIVE).count() if change else 0
        if under_way and set(form.changed_data) & set(DRIVEN_BY):
            text = ngettext(
                "%(count)d job of this model is under way. It ends as it was placed.",
                "%(count)d jobs of this model are under way. They end as they were placed.",
                under_way,
            )
            self.message_user(request, text % {"count": under_way}, messages.WARNING)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let only a model go that never drew anything; others are switched off."""
        if obj is None:
            return False
        return super().has_delete_permission(request, obj) and not obj.jobs.exists()

    @admin.action(description=_("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Offer the models again, but for those that could not draw."""
        done = 0
        for model in queryset.order_by("position", "slug"):
            if problem := _problem(model):
                self.message_user(request, f"{model.name}: {problem}", messages.ERROR)
            elif not model.enabled:
                self._switch(request, model, enabled=True)
                done += 1
        self._say_switched(request, done)

    @admin.action(description=_("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Take no more orders for the models."""
        done = 0
        for model in queryset.filter(enabled=True).order_by("position", "slug"):
            self._switch(request, model, enabled=False)
            done += 1
            if under_way := model.jobs.filter(status__in=ACTIVE).count():
                text = ngettext(
                    "%(name)s: %(count)d job is under way and ends as it was placed.",
                    "%(name)s: %(count)d jobs are under way and end as they were placed.",
                    under_way,
                )
                self.message_user(
                    request, text % {"name": model.name, "count": under_way}, messages.WARNING
                )
        self._say_switched(request, done)

    @admin.action(description=_("Check settings and workflow"), permissions=["view"])
    def try_out(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Rehearse a job of each and say what would go wrong."""
        models = list(queryset.order_by("position", "slug"))
        for model in models:
            if problem := _problem(model):
                self.message_user(request, f"{model.name}: {problem}", messages.ERROR)
            else:
                self.message_user(
                    request,
                    gettext("%(name)s: a sample job can be sent.") % {"name": model.name},
                    messages.SUCCESS,
                )
        if "from_page" in request.POST and models:
            return HttpResponseRedirect(
                reverse("admin:generation_imagemodel_change", args=[models[0].pk])
            )
        return None

    def _switch(self, request: HttpRequest, model: ImageModel, *, enabled: bool) -> None:
        ImageModel.objects.filter(pk=model.pk).update(enabled=enabled)
        self.log_change(request, model, "enabled" if enabled else "disabled")

    def _say_switched(self, request: HttpRequest, count: int) -> None:
        text = ngettext("%(count)d model switched.", "%(count)d models switched.", count)
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.INFO
        )


def _count(jobs: QuerySet[Job]) -> Coalesce:
    """Return the number of these jobs for each model; partial indexes find them, however long the history is."""
    mine = (
        jobs.filter(model=OuterRef("pk"))
        .order_by()
        .values("model")
        .annotate(number=Count("id"))
        .values("number")
    )
    return Coalesce(Subquery(mine), 0, output_field=IntegerField())


def _spent(model: ImageModel) -> provider_costs.Spent | None:
    return getattr(model, "spent", None)


def _dollars(sum_of_money: Decimal) -> str:
    places = 2 if sum_of_money >= 1 else 4
    return f"${number_format(round(sum_of_money, places), places)}"  # which itself only cuts off


@lru_cache(maxsize=1)
def _examples() -> list[tuple[str, str, str]]:
    """Return name, endpoint and request format of some models of the catalog, as they would be typed."""
    tables = {table["slug"]: table for table in read_catalog()["models"]}
    typed = ReadableJSONField().prepare_value
    return [
        (table["name"], table["endpoint_id"], typed(table["request_format"]))
        for table in (tables[slug] for slug in EXAMPLES)
    ]


def _preview(model: ImageModel) -> dict[str, Any]:
    """Return what the preview shows: address, body and price of a sample job, or what is wrong."""
    if problem := _problem(model):
        return {"errors": [("", [problem])]}
    offer = model.offer
    sample = validation.rehearse_all(offer, workflow=model.workflow)
    body = {
        "input": sample,
        "webhook": f"{settings.PUBLIC_URL}{reverse('runpod_hook', args=['TOKEN'])}",
        "policy": {
            "executionTimeout": settings.RUNPOD_EXECUTION_TIMEOUT_SECONDS * 1000,
            "ttl": settings.RUNPOD_TTL_SECONDS * 1000,
        },
    }
    width, height = validation.usual_size(offer)
    return {
        "request_line": f"POST {settings.RUNPOD_BASE_URL}/{model.endpoint_id}/run",
        "body": json.dumps(body, indent=2, ensure_ascii=False),
        "size": f"{width} × {height}",
        "credits": offer.price.of(width=width, height=height),
    }


def _errors(form: ImageModelForm) -> list[tuple[str, list[str]]]:
    labels: Mapping[str, Any] = {name: field.label for name, field in form.fields.items()}
    return [
        (str(labels.get(name, "")), list(map(str, texts))) for name, texts in form.errors.items()
    ]


def _problem(model: ImageModel) -> str:
    """Return what would make the model's jobs fail, or ""."""
    try:
        model.clean()
        validation.rehearse(model.offer, workflow=model.workflow)
    except ValidationError as error:
        return "; ".join(
            f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items()
        )
    except (InvalidParameters, PayloadError) as error:
        return str(error)
    return ""


@admin.register(Style)
class StyleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Styles: words put around a prompt."""

    list_display = ("name_en", "name_ru", "slug", "template", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("enabled",)
    search_fields = ("slug", "name_en", "name_ru", "template")
    ordering = ("position", "slug")


@admin.register(GenerationSwitch)
class GenerationSwitchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The one switch: its list is its page."""

    fields = ("on", "message", "changed_at")
    readonly_fields = ("changed_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one, made when it is first looked at."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It stays."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go straight to the switch."""
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        switch, _created = GenerationSwitch.objects.get_or_create(pk=1)
        return HttpResponseRedirect(
            reverse("admin:generation_generationswitch_change", args=[switch.pk])
        )
