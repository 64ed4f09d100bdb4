"""Style presets."""

from typing import Any

from django.contrib import admin
from django.db.models import Field
from django.forms import Field as FormField
from django.http import HttpRequest

from artgen.admin.audited import AuditedAdmin
from generation.models import Style


@admin.register(Style)
class StyleAdmin(AuditedAdmin):
    menu_icon = "palette"
    list_display = ("name_en", "name_ru", "slug", "template", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("enabled",)
    search_fields = ("slug", "name_en", "name_ru", "template")
    ordering = ("position", "slug")

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **options: Any
    ) -> FormField | None:
        """Name the fields of the list for screen readers: they have no label there."""
        field: FormField | None = super().formfield_for_dbfield(db_field, request, **options)
        if field and db_field.name in self.list_editable:
            field.widget.attrs["aria-label"] = db_field.verbose_name
        return field
