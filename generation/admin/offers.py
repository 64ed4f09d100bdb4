"""What is on offer: models with their limits, prices and workflows; styles; the switch that stops spending."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from artgen import words
from generation import rehearsal
from generation.admin.reading import Media
from generation.admin.reading import words as long_text
from generation.catalog import InvalidParameters
from generation.models import ACTIVE, GenerationSwitch, ImageModel, Job, OutageKind, ProviderOutage, Style
from generation.runpod.payloads import DIALECTS, PayloadError

ORDER = (
    *("negative_prompt", "size", "width", "height", "steps", "guidance", "strength", "seed"),
    *("default", "min", "max", "step", "choices"),
    *("per_image", "per_megapixel", "minimum"),
)
DRIVEN_BY = ("endpoint_id", "dialect", "workflow", "parameters", "price", "enabled")


class ReadableJSONField(forms.JSONField):
    """A JSON field that shows one entry a line, or with `indent` the whole tree."""

    def __init__(self, *, indent: int | None = None, rows: int = 12, **kwargs: Any) -> None:
        attrs = {"rows": rows, "class": "json", "spellcheck": "false"}
        super().__init__(widget=forms.Textarea(attrs=attrs), **kwargs)
        self.indent = indent

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit; what cannot be read stays as it was typed."""
        if isinstance(value, InvalidJSONInput):
            return value
        if self.indent or not isinstance(value, dict) or not value:
            return json.dumps(value, ensure_ascii=False, indent=self.indent) if value is not None else ""
        lines = (
            f"  {json.dumps(key, ensure_ascii=False)}: {json.dumps(_in_order(inner), ensure_ascii=False)}"
            for key, inner in _in_order(value).items()
        )
        return "{\n" + ",\n".join(lines) + "\n}"


def _in_order(value: Any) -> Any:
    """Return an object with its keys in the order that people expect: PostgreSQL keeps none."""
    if not isinstance(value, dict):
        return value
    return dict(sorted(value.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else len(ORDER)))


class ImageModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model on offer; `ImageModel.clean` rehearses it before it is saved."""

    dialect = forms.ChoiceField(
        label=capfirst(_("dialect")),
        choices=[(name, name) for name in sorted(DIALECTS)],
        help_text=_("The shape of input and output that its worker speaks."),
    )
    parameters = ReadableJSONField(
        label=capfirst(_("parameters")),
        help_text=_(
            "What a person may set, each with default, min, max, step or choices. Known: width and height, or size "
            "with choices such as 1024x768; steps, guidance, strength, negative_prompt, seed. What is not listed is "
            "not offered."
        ),
    )
    price = ReadableJSONField(
        label=capfirst(_("price rule")),
        rows=5,
        help_text=_("Whole credits a picture: max(minimum, ceil(per_image + per_megapixel × megapixels))."),
    )
    workflow = ReadableJSONField(
        label=capfirst(_("workflow")),
        indent=2,
        rows=24,
        required=False,
        help_text=_("ComfyUI only: the graph in API format, with slots such as {{prompt}}, {{seed}}, {{image_1}}."),
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
            "parameters",
            "min_source_images",
            "max_source_images",
            "price",
            "workflow",
        )

    def clean_workflow(self) -> Any:
        """Keep no workflow as NULL."""
        return self.cleaned_data["workflow"] or None


@admin.register(ImageModel)
class ImageModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Models on offer: edit, switch, check."""

    Media = Media
    form = ImageModelForm
    change_form_template = "admin/generation/imagemodel/change_form.html"
    list_display = (
        "name",
        "enabled",
        "slug",
        "endpoint_id",
        "submissions",
        "waiting",
        "out",
        "max_in_flight",
        "position",
    )
    list_filter = ("enabled", "dialect")
    search_fields = ("slug", "name", "endpoint_id")
    ordering = ("position", "slug")
    actions = ("switch_on", "switch_off", "try_out")
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("enabled", "name", "slug", "position", "description_en", "description_ru")}),
        (_("At RunPod"), {"fields": ("endpoint_id", "dialect", "max_in_flight", "typical_seconds", "under_way")}),
        (
            _("What it takes and what it costs"),
            {"fields": ("parameters", ("min_source_images", "max_source_images"), "price", "workflow")},
        ),
        (_("Check"), {"fields": ("sample_input",)}),
    )
    readonly_fields = ("under_way", "sample_input")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the jobs of each along."""
        models: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = models.annotate(
            outage=Subquery(ProviderOutage.objects.blocking([OuterRef("endpoint_id")]).values("kind")[:1]),
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
            return gettext("paused until %(time)s") % {"time": words.clock(model.submit_after)}
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

    @admin.display(description=_("what RunPod would get"))
    def sample_input(self, model: ImageModel) -> SafeString:
        """Return the input of a sample job with the saved settings, or what is wrong with them."""
        if model._state.adding:
            return SafeString("—")
        problem = _problem(model)
        if problem:
            return long_text(problem)
        sample = rehearsal.rehearse(model.offer, workflow=model.workflow)
        return long_text(json.dumps({"input": sample}, indent=2, ensure_ascii=False))

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
                self.message_user(request, text % {"name": model.name, "count": under_way}, messages.WARNING)
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
                    request, gettext("%(name)s: a sample job can be sent.") % {"name": model.name}, messages.SUCCESS
                )
        if "from_page" in request.POST and models:
            return HttpResponseRedirect(reverse("admin:generation_imagemodel_change", args=[models[0].pk]))
        return None

    def _switch(self, request: HttpRequest, model: ImageModel, *, enabled: bool) -> None:
        ImageModel.objects.filter(pk=model.pk).update(enabled=enabled)
        self.log_change(request, model, "enabled" if enabled else "disabled")

    def _say_switched(self, request: HttpRequest, count: int) -> None:
        text = ngettext("%(count)d model switched.", "%(count)d models switched.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.INFO)


def _count(jobs: QuerySet[Job]) -> Coalesce:
    """Return the number of these jobs for each model; partial indexes find them, however long the history is."""
    mine = jobs.filter(model=OuterRef("pk")).order_by().values("model").annotate(number=Count("id")).values("number")
    return Coalesce(Subquery(mine), 0, output_field=IntegerField())


def _problem(model: ImageModel) -> str:
    """Return what would make the model's jobs fail, or ""."""
    try:
        model.clean()
        rehearsal.rehearse(model.offer, workflow=model.workflow)
    except ValidationError as error:
        return "; ".join(f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
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

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go straight to the switch."""
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        switch, _created = GenerationSwitch.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:generation_generationswitch_change", args=[switch.pk]))
