"""The rows: models on offer and styles, jobs with their history, pictures and uploads. Who writes what:

`Job.status` and `Job.due_at` are written by `lifecycle` alone; pictures by `driver` (birth) and `gallery` (after).
"""

from generation.models.jobs import (
    ACTIVE,
    AT_RUNPOD,
    FINAL,
    STUCK_AFTER,
    IdempotencyKey,
    Job,
    JobEvent,
    JobQuerySet,
    Status,
)
from generation.models.offers import GenerationSwitch, ImageModel, ImageModelQuerySet, Style
from generation.models.pictures import Image, ImageQuerySet, Upload, Visibility

__all__ = [
    "ACTIVE",
    "AT_RUNPOD",
    "FINAL",
    "STUCK_AFTER",
    "GenerationSwitch",
    "IdempotencyKey",
    "Image",
    "ImageModel",
    "ImageModelQuerySet",
    "ImageQuerySet",
    "Job",
    "JobEvent",
    "JobQuerySet",
    "Status",
    "Style",
    "Upload",
    "Visibility",
]
