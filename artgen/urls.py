"""All addresses: each app's own urls, the admin, health."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from artgen.look import set_theme

urlpatterns = [
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("theme/", set_theme, name="set_theme"),
    path("", include("accounts.urls")),
    path("", include("generation.urls")),
]
