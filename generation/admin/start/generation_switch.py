"""The switch that turns image creation on, or pauses it."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget

from artgen.admin.audited import AuditedAdmin
from artgen.web import years
from generation.jobs.placing import creation_switch
from generation.jobs.placing.creation_switch import Mode
from generation.models import GenerationSwitch

MESSAGE_MAX = GenerationSwitch._meta.get_field("message").max_length or 0


class GenerationSwitchForm(forms.ModelForm):  # type: ignore[type-arg]
    mode = forms.ChoiceField(
        label=_("Image creation"),
        choices=[
            (Mode.ON.value, _("On")),
            (Mode.MAINTENANCE.value, _("Maintenance: only staff; jobs in progress go on")),
            (Mode.OFF.value, _("Off for everyone; nothing is sent to providers")),
        ],
        widget=UnfoldAdminRadioSelectWidget,
    )

    class Meta:
        model = GenerationSwitch
        fields = ("message", "message_ru", "until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mode"].initial = self.instance.mode.value

    def clean_until(self) -> datetime | None:
        """Return the expected end; refuse a year that not every time zone can show."""
        until: datetime | None = self.cleaned_data["until"]
        if until:
            years.validate(until)
        return until

    def clean(self) -> dict[str, Any]:
        """Require an expected end in the future, unless creation is on."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        until = values.get("until")
        is_paused = values.get("mode") not in (None, Mode.ON.value)
        if is_paused and until and until <= timezone.now():
            self.add_error("until", _("Must be in the future."))
        return values


@admin.register(GenerationSwitch)
class GenerationSwitchAdmin(AuditedAdmin):
    """The creation switch; its list redirects to its page."""

    menu_icon = "power_settings_new"

    form = GenerationSwitchForm
    fields = ("mode", "message", "message_ru", "until", "changed_at")
    readonly_fields = ("changed_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the only row is created on first use."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: GenerationSwitch | None = None
    ) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: GenerationSwitch, form: forms.BaseForm, change: bool
    ) -> None:
        creation_switch.turn(
            Mode(form.cleaned_data["mode"]),
            message=obj.message,
            message_ru=obj.message_ru,
            until=obj.until,
        )
        obj.refresh_from_db()  # the message and the log name its mode

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        switch, _created = GenerationSwitch.objects.get_or_create(pk=1)
        return HttpResponseRedirect(
            reverse("admin:generation_generationswitch_change", args=[switch.pk])
        )

    def get_urls(self) -> list[URLPattern]:
        name, view = "generation_generationswitch_turn", self.admin_site.admin_view(self.turn)
        urls: list[URLPattern] = [path("turn/", view, name=name), *super().get_urls()]
        return urls

    def turn(self, request: HttpRequest) -> HttpResponse:
        """Turn image creation on or off, with a message to users, and return to the start page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        on = request.POST.get("on") == "1"
        message = "" if on else request.POST.get("message", "").strip()[:MESSAGE_MAX]
        switch = creation_switch.turn(Mode.ON if on else Mode.OFF, message=message)
        self.log_change(
            request, switch, f"turned {switch.mode.value}" + (f": {message}" if message else "")
        )
        self.message_user(
            request,
            gettext("Image creation is on.") if on else gettext("Image creation is off."),
            messages.SUCCESS if on else messages.WARNING,
        )
        return HttpResponseRedirect(reverse("admin:index"))
