"""Makes ArtGen's admin site the default one. In INSTALLED_APPS in place of django.contrib.admin."""

from django.contrib.admin.apps import AdminConfig


class ArtGenAdminConfig(AdminConfig):
    default_site = "artgen.admin.site.ArtGenAdminSite"
