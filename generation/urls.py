"""Addresses of the studio's pages."""

from django.urls import path

from generation.views import (
    create,
    data,
    explore,
    gallery,
    images,
    jobs,
    leaving,
    media,
    metrics,
    selection,
    start,
)
from generation.webhooks import runpod_hook

urlpatterns = [
    path("", start.start, name="start"),
    path("create/", create.create, name="create"),
    path("create/composer/", create.composer, name="composer"),
    path("create/quote/", create.quote, name="quote"),
    path("jobs/<uuid:job_id>/", jobs.job, name="job"),
    path("jobs/<uuid:job_id>/card/", jobs.card, name="card"),
    path("jobs/<uuid:job_id>/cancel/", jobs.cancel, name="cancel_job"),
    path("jobs/<uuid:job_id>/retry/", jobs.retry, name="retry_job"),
    path("runs/<uuid:run_id>/", jobs.run, name="run"),
    path("runs/<uuid:run_id>/cancel/", jobs.cancel_run, name="cancel_run"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/trash/", gallery.trash, name="trash"),
    path("gallery/trash/restore/", gallery.restore_all, name="restore_all"),
    path("gallery/trash/empty/", gallery.empty_trash, name="empty_trash"),
    path("gallery/selection/favorite/", selection.favorite, name="favorite_selection"),
    path("gallery/selection/trash/", selection.trash, name="trash_selection"),
    path("gallery/selection/restore/", selection.restore, name="restore_selection"),
    path("gallery/selection/delete/", selection.delete, name="delete_selection"),
    path("gallery/selection/download/", selection.download, name="download_selection"),
    path("explore/", explore.explore, name="explore"),
    path("images/<uuid:image_id>/", images.image, name="image"),
    path("images/<uuid:image_id>/download/", images.download, name="download_image"),
    path("images/<uuid:image_id>/favorite/", images.favorite, name="favorite_image"),
    path("images/<uuid:image_id>/trash/", images.trash, name="trash_image"),
    path("images/<uuid:image_id>/restore/", images.restore, name="restore_image"),
    path("account/data/", data.account_data, name="account_data"),
    path("account/data/export/", data.ask_export, name="ask_export"),
    path("account/data/<uuid:export_id>/<int:number>/", data.download_export, name="download_export"),
    path("account/delete/", leaving.delete_account, name="delete_account"),
    path("media/<path:name>", media.media, name="media"),
    path("metrics", metrics.metrics, name="metrics"),
    path("hooks/runpod/<str:token>/", runpod_hook, name="runpod_hook"),
]
