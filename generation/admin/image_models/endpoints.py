"""Endpoints of a model beside its first one: pages that the model's page leads to."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from artgen.admin.audited import AuditedAdmin
from generation.admin.image_models.json_field import ReadableJSONField
from generation.admin.read_only import Media
from generation.jobs import clients
from generation.jobs.budgets import budget_changes
from generation.jobs.engine import dispatch, outages
from generation.models import Endpoint, ProviderName
from generation.providers.access import address_of, header_key
from generation.providers.payloads import DIALECTS, PUBLIC
from generation.providers.provider import ADDRESSED

MODELS = "admin:generation_imagemodel_changelist"
NO_KEY = "-"
MAX_DIGITS = 9
"""Of an id in an address."""


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    dialect = forms.ChoiceField(
        label=capfirst(_("dialect")),
        required=False,
        choices=[
            ("", _("as the model")),
            *((name, name) for name in (PUBLIC, *sorted(DIALECTS))),
        ],
        help_text=_("With a dialect of its own, it has its own request format and workflow."),
    )
    expected_cost = ReadableJSONField(
        label=capfirst(_("expected cost, $")),
        rows=3,
        help_text=_(
            'For an image, such as {"per_image": 0.025} or {"per_megapixel": 0.02}. Empty: as the '
            "model. A job goes to an endpoint with a cost of its own only if its credits cover it."
        ),
    )
    api_key = forms.CharField(
        label=capfirst(_("its key")),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "For an image server or ComfyUI whose id is its own address. It is never shown again, "
            "and gets lost with the address. Empty: unchanged; a hyphen removes it."
        ),
    )
    request_format = ReadableJSONField(label=capfirst(_("request format")), rows=10)
    workflow = ReadableJSONField(label=capfirst(_("workflow")), indent=2, rows=12)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say which providers need settings; who may only view has no fields."""
        super().__init__(*args, **kwargs)
        offered: Any = self.fields.get("provider", forms.ChoiceField())
        offered.choices = [
            (name, f"{label} — {_needed(name)}" if clients.missing_settings(name) else label)
            for name, label in ProviderName.choices
        ]
        if key := self.fields.get("api_key"):
            is_set = self.instance.key
            key.widget.attrs["placeholder"] = _("It is set") if is_set else ""

    def clean_api_key(self) -> str:
        try:
            return header_key(self.cleaned_data["api_key"])
        except ValueError as error:
            raise forms.ValidationError(_("A header can’t hold it.")) from error

    def clean(self) -> dict[str, Any]:
        """Refuse a provider that cannot be used, unless it was chosen before, and a key of none."""
        values = super().clean() or self.cleaned_data
        name = values.get("provider", "")
        endpoint_id = values.get("endpoint_id") or ""
        has_own = name in ADDRESSED and address_of(endpoint_id)
        usual = (ProviderName.RUNPOD, self.initial.get("provider"), "")
        if name not in usual and clients.missing_settings(name, endpoint_id):
            self.add_error("provider", _needed(name))
        if values.get("api_key") not in ("", None, NO_KEY) and not has_own:
            self.add_error("api_key", _("Only an address of its own has a key of its own."))
        return values

    class Meta:
        model = Endpoint
        fields = (
            *("model", "enabled", "provider", "endpoint_id", "preference", "max_in_flight"),
            *("key_header", "expected_cost", "dialect", "request_format", "workflow"),
        )


def _needed(provider: str) -> str:
    names = ", ".join(clients.missing_settings(provider))
    return gettext("needs %(settings)s") % {"settings": names}


def try_out(admin: AuditedAdmin, request: HttpRequest, endpoint: Endpoint) -> None:
    """Probe an enabled endpoint once it is saved, and say why it cannot be used."""

    def probe() -> None:
        if kind := outages.try_out(endpoint.place):
            admin.message_user(request, f"{endpoint}: {kind.label}", messages.ERROR)

    outages.request_probes(endpoint.place)
    if endpoint.enabled:
        transaction.on_commit(probe, robust=True)


@admin.register(Endpoint)
class EndpointAdmin(AuditedAdmin):
    """Not in the menu: who may change a model may change its endpoints."""

    class Media(Media):
        pass

    form = EndpointForm
    list_display = ("__str__", "model", "enabled", "preference", "max_in_flight")
    search_fields = ("endpoint_id", "model__name", "model__slug")
    list_filter = ("provider", "enabled")
    ordering = ("model__position", "model__slug", "preference", "id")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("model", "enabled", "provider", "endpoint_id", "api_key", "key_header"),
                    *("preference", "max_in_flight", "expected_cost"),
                )
            },
        ),
        (
            _("If its requests differ from the model’s"),
            {"fields": ("dialect", "request_format", "workflow")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        endpoints: QuerySet[Any] = super().get_queryset(request)
        return endpoints.select_related("model")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("generation.view_imagemodel") or self._may_change(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may_change(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow deletion only together with a model that has had no jobs.

        Others can be disabled: jobs name their endpoint.
        """
        is_of_model = request.path.startswith(reverse(MODELS))
        return is_of_model and request.user.has_perm("generation.delete_imagemodel")

    def _may_change(self, request: HttpRequest) -> bool:
        return request.user.has_perm("generation.change_imagemodel")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("model",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Put a new endpoint of the model in the address last."""
        initial = super().get_changeform_initial_data(request)
        model = str(initial.get("model", ""))
        if model.isascii() and model.isdigit() and len(model) < MAX_DIGITS:
            last = Endpoint.objects.filter(model_id=int(model)).last()
            return {**initial, "preference": last.preference + 1 if last else 0}
        return {**initial}

    def save_model(
        self, request: HttpRequest, obj: Endpoint, form: forms.BaseForm, change: bool
    ) -> None:
        key = form.cleaned_data.pop("api_key")
        obj.save(update_fields=[*form.cleaned_data] if change else None)
        if key:
            obj.store_key("" if key == NO_KEY else key)
        try_out(self, request, obj)
        budget_changes.reconsider(too_dear_at=obj.model)
        dispatch.submit(obj.model.slug)

    def response_post_save_add(self, request: HttpRequest, obj: Endpoint) -> HttpResponseRedirect:
        return HttpResponseRedirect(
            reverse("admin:generation_imagemodel_change", args=[obj.model_id])
        )

    response_post_save_change = response_post_save_add
