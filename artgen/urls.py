"""All URLs: each app's own, the admin, health checks."""

from django.contrib import admin
from django.urls import include, path

from artgen.api import problems, schema
from artgen.observability import health
from artgen.web import legal, web_app
from artgen.web.shortcuts import shortcuts
from artgen.web.theme import favicon, set_language, set_theme

admin.autodiscover()
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("favicon.ico", favicon, name="favicon"),
    path("manifest.webmanifest", web_app.manifest, name="manifest"),
    path("service-worker.js", web_app.service_worker, name="service_worker"),
    path("offline/", web_app.offline, name="offline"),
    path("share-target/", web_app.receive_share, name="receive_share"),
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("theme/", set_theme, name="set_theme"),
    path("shortcuts/", shortcuts, name="shortcuts"),
    path("legal/<slug:document_name>/", legal.document, name="document"),
    path("api/v1/", include("generation.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/schema/", schema.Schema.as_view(), name="api_schema"),
    path("api/docs/", schema.reader, name="api_docs"),
    path("api/problems/<slug:code>/", problems.kind, name="api_problem"),
    path("api/<path:rest>", problems.unknown_address),
    path("api/", problems.unknown_address),
    path("", include("generation.protocols.urls")),
    path("", include("accounts.urls")),
    path("", include("generation.urls")),
]

handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.page_not_found
handler500 = problems.server_error
