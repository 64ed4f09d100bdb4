"""Groups of permissions, with the quotas of their members."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Field
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline

from accounts.access.staff_rights import SuperuserAdmin
from accounts.admin.quota_fields import QUOTAS_NOTE, QuotaForm
from accounts.limits.quotas import QUOTA_COLUMNS
from accounts.models import GroupQuota
from accounts.models.quotas import INHERITED

admin.site.unregister(Group)

SILENT = _("Empty: not set by this group.")


class GroupQuotaForm(QuotaForm):
    class Meta:
        model = GroupQuota
        fields = QUOTA_COLUMNS


class GroupQuotaInline(StackedInline):  # type: ignore[type-arg]
    model = GroupQuota
    form = GroupQuotaForm
    fieldsets = ((None, {"description": QUOTAS_NOTE, "fields": QUOTA_COLUMNS}),)
    can_delete = True
    extra = 1
    max_num = 1

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Say what an empty value of a group means."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.help_text = str(field.help_text).replace(str(INHERITED), str(SILENT))
        return field


@admin.register(Group)
class GroupAdmin(SuperuserAdmin, DjangoGroupAdmin):
    """Groups, which only superusers change: a member could give the own group more rights."""

    menu_icon = "groups"
    inlines = (GroupQuotaInline,)
