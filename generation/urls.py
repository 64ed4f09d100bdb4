"""Addresses of the studio's pages."""

from django.urls import path

from generation.views import create, gallery, jobs, media
from generation.webhooks import runpod_hook

urlpatterns = [
    path("", gallery.start, name="start"),
    path("create/", create.create, name="create"),
    path("jobs/<uuid:job_id>/", jobs.job, name="job"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("explore/", gallery.explore, name="explore"),
    path("images/<uuid:image_id>/", gallery.image, name="image"),
    path("media/<path:name>", media.media, name="media"),
    path("hooks/runpod/<str:token>/", runpod_hook, name="runpod_hook"),
]
