"""All addresses: each app's own urls, the admin, health."""

from django.contrib import admin
from django.urls import include, path

from artgen.look import set_language, set_theme

urlpatterns = [
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("theme/", set_theme, name="set_theme"),
    path("", include("accounts.urls")),
    path("", include("generation.urls")),
]
