"""The switch that turns image creation on or off."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from generation.models import GenerationSwitch


@admin.register(GenerationSwitch)
class GenerationSwitchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The creation switch; its list redirects to its page."""

    fields = ("on", "message", "changed_at")
    readonly_fields = ("changed_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the only row is created on first use."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the switch."""
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        switch, _created = GenerationSwitch.objects.get_or_create(pk=1)
        return HttpResponseRedirect(
            reverse("admin:generation_generationswitch_change", args=[switch.pk])
        )
