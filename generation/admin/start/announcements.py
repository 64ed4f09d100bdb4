"""Announcements above every page."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from artgen.admin.audited import AuditedAdmin
from artgen.admin.columns import column
from generation.models import Announcement
from generation.operations.status import announcements


@admin.register(Announcement)
class AnnouncementAdmin(AuditedAdmin):
    menu_section = "site"
    menu_icon = "campaign"

    list_display = ("text", "level", "shown", "starts_at", "ends_at")
    list_filter = ("level",)
    search_fields = ("text_en", "text_ru")
    ordering = ("-starts_at", "-id")
    fields = ("level", "text_en", "text_ru", ("starts_at", "ends_at"))
    text = column("text", _("text"))

    @admin.display(description=_("shown"))
    def shown(self, announcement: Announcement) -> str:
        now = timezone.now()
        if announcement.is_current(now):
            return gettext("now")
        return gettext("later") if announcement.starts_at > now else gettext("ended")

    def save_model(
        self, request: HttpRequest, obj: Announcement, form: forms.BaseForm, change: bool
    ) -> None:
        """Save; other processes show it within seconds."""
        super().save_model(request, obj, form, change)
        announcements.forget()

    def delete_model(self, request: HttpRequest, obj: Announcement) -> None:
        super().delete_model(request, obj)
        announcements.forget()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Announcement]) -> None:
        super().delete_queryset(request, queryset)
        announcements.forget()
