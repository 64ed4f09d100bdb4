"""Addresses of the REST API, below /api/v1/."""

from django.urls import path

from generation.api import (
    batches,
    collections,
    images,
    jobs,
    models,
    prompts,
    quotes,
    reviews,
    sharing,
    status,
    uploads,
)

urlpatterns = [
    path("jobs/", jobs.Jobs.as_view()),
    path("jobs/<uuid:job_id>/", jobs.JobDetail.as_view(), name="api_job"),
    path("jobs/<uuid:job_id>/cancel/", jobs.JobCancel.as_view()),
    path("jobs/<uuid:job_id>/retry/", jobs.JobRetry.as_view()),
    path("batches/", batches.Batches.as_view()),
    path("quotes/", quotes.Quotes.as_view()),
    path("prompts/translate/", prompts.Translate.as_view(), name="api_translate_prompt"),
    path("prompts/enhance/", prompts.Enhance.as_view(), name="api_enhance_prompt"),
    path("images/", images.Images.as_view()),
    path("images/<uuid:image_id>/", images.ImageDetail.as_view()),
    path("images/<uuid:image_id>/restore/", images.ImageRestore.as_view()),
    path("images/<uuid:image_id>/share/", sharing.Share.as_view()),
    path("images/<uuid:image_id>/share/appeal/", sharing.ShareAppeal.as_view()),
    path("reviews/", reviews.Reviews.as_view()),
    path("reviews/<uuid:review_id>/", reviews.ReviewDetail.as_view()),
    path("reviews/<uuid:review_id>/appeal/", reviews.ReviewAppeal.as_view()),
    path("reviews/<uuid:review_id>/cancel/", reviews.ReviewCancel.as_view()),
    path("collections/", collections.Collections.as_view()),
    path("collections/<uuid:collection_id>/", collections.CollectionDetail.as_view()),
    path("collections/<uuid:collection_id>/images/", collections.CollectionImages.as_view()),
    path(
        "collections/<uuid:collection_id>/images/remove/",
        collections.CollectionImagesRemove.as_view(),
    ),
    path(
        "collections/<uuid:collection_id>/images/<uuid:image_id>/",
        collections.CollectionImageDetail.as_view(),
    ),
    path("uploads/", uploads.Uploads.as_view()),
    path("models/", models.Models.as_view()),
    path("styles/", models.Styles.as_view()),
    path("status/", status.Status.as_view(), name="api_status"),
]
