"""Groups of permissions."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group

from accounts.staff_rights import SuperuserAdmin

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(SuperuserAdmin, DjangoGroupAdmin):
    """Groups, which only superusers change: a member could give the own group more rights."""

    menu_icon = "groups"
