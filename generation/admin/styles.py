"""Style presets."""

from django.contrib import admin

from artgen.admin.audited import AuditedAdmin
from generation.models import Style


@admin.register(Style)
class StyleAdmin(AuditedAdmin):
    """Style presets."""

    menu_icon = "palette"
    list_display = ("name_en", "name_ru", "slug", "template", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("enabled",)
    search_fields = ("slug", "name_en", "name_ru", "template")
    ordering = ("position", "slug")
