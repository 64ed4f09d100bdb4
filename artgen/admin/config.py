"""Makes ArtGen's admin site the default one. In INSTALLED_APPS in place of django.contrib.admin."""

from django.contrib.admin.apps import SimpleAdminConfig


class ArtGenAdminConfig(SimpleAdminConfig):
    """The addresses load the admin's pages, so processes without addresses do without them."""

    default_site = "artgen.admin.site.ArtGenAdminSite"
