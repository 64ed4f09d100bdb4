"""The data files of an export: jobs with history, images, uploads, collections, presets, …"""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import F, Max

from accounts.models import User
from accounts.user_data.export import CHUNK_SIZE, ExportFile, json_array, json_rows
from generation.models import (
    Collection,
    CollectionImage,
    FavoriteModel,
    Image,
    Job,
    JobEvent,
    OwnStyle,
    Preset,
    PromptReview,
    Publication,
    Report,
    SavedImage,
    Sheet,
    Upload,
    WordList,
    tag_names,
)


def files(user: User) -> Iterator[ExportFile]:
    """Yield the files, each read from the database while it is written."""
    yield "prompts.txt", _prompts(user)
    yield "jobs.json", json_array(_jobs(user))
    yield "pictures.json", json_array(_images(user))
    yield "uploads.json", json_array(upload_data(upload) for upload in _uploads(user))
    yield "collections.json", json_array(_collections(user))
    yield "presets.json", _presets(user)
    yield "styles.json", json_array(_styles(user))
    yield "favorite_models.json", json_array(_favorite_models(user))
    yield "publications.json", _publications(user)
    yield "reviews.json", _reviews(user)
    yield "reports.json", json_array(_reports(user))
    yield "comparisons.json", _comparisons(user)
    yield "word_lists.json", _word_lists(user)


def name_of(row: Image | Upload) -> str:
    return image_name(row) if isinstance(row, Image) else upload_name(row)


def image_name(image: Image) -> str:
    """Return the path of an image in an export: by month, named after its job."""
    return f"pictures/{image.created_at:%Y-%m}/{image.key.rsplit('/', 1)[-1]}"


def upload_name(upload: Upload) -> str:
    return f"uploads/{upload.key.rsplit('/', 1)[-1]}"


def upload_data(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "file": upload_name(upload),
        "width": upload.width,
        "height": upload.height,
        "bytes": upload.bytes,
        "sha256": upload.sha256,
        "created_at": upload.created_at,
    }


def _prompts(user: User) -> Iterator[str]:
    used = (
        Job.objects.of(user)
        .order_by()
        .values("prompt")
        .annotate(last=Max("created_at"))
        .order_by("-last")
    )
    for row in used.values_list("prompt", flat=True).iterator(chunk_size=CHUNK_SIZE):
        yield f"{row}\n\n"


def _jobs(user: User) -> Iterator[dict[str, Any]]:
    rows = (
        Job.objects.of(user).select_related("model").order_by("id").iterator(chunk_size=CHUNK_SIZE)
    )
    while jobs := list(islice(rows, CHUNK_SIZE)):
        history: dict[Any, list[dict[str, Any]]] = {job.id: [] for job in jobs}
        events = JobEvent.objects.filter(job__in=list(history)).order_by("id")
        for job_id, at, name, status, attempt in events.values_list(
            "job_id", "at", "name", "status", "attempt"
        ):
            history[job_id].append({"at": at, "event": name, "status": status, "attempt": attempt})
        for job in jobs:
            yield {
                "id": job.id,
                "batch": job.batch,
                "model": job.model.slug,
                **job.parameters,
                "credits": job.credits,
                "status": job.status,
                "error": job.error_code or None,
                "created_at": job.created_at,
                "started_at": job.started_at,
                "finished_at": job.finished_at,
                "history": history[job.id],
            }


def _images(user: User) -> Iterator[dict[str, Any]]:
    rows = Image.objects.of(user).present().select_related("saved__author").order_by("id")
    for image in rows.iterator(chunk_size=CHUNK_SIZE):
        yield {
            "id": image.id,
            "job": image.job_id,
            "file": image_name(image),
            "seed": image.seed,
            "width": image.width,
            "height": image.height,
            "bytes": image.bytes,
            "sha256": image.sha256,
            "favorite": image.favorite,
            "note": image.note,
            "tags": tag_names(image),
            "visibility": image.visibility,
            "link": _link(image),
            "saved": _saved(image.saved) if image.is_saved else None,
            "trashed_at": image.trashed_at,
            "created_at": image.created_at,
        }


def _link(row: Image | Collection) -> dict[str, Any] | None:
    if not row.link_slug:
        return None
    return {
        "slug": row.link_slug,
        "until": row.link_until,
        "with_parameters": row.link_parameters,
        "with_name": row.link_name,
    }


def _saved(saved: SavedImage) -> dict[str, Any]:
    """Return where a saved copy is from, and what is known of how it was made."""
    saved_copy: dict[str, Any] = {"author": saved.author_name}
    if saved.parameters is not None:
        saved_copy |= {"prompt": saved.prompt, "parameters": saved.parameters}
    return saved_copy


def _uploads(user: User) -> Iterator[Upload]:
    return Upload.objects.filter(user=user).order_by("id").iterator(chunk_size=CHUNK_SIZE)


def _collections(user: User) -> Iterator[dict[str, Any]]:
    members: dict[UUID, list[UUID]] = {}
    of_user = CollectionImage.objects.filter(collection__user=user).order_by("image_id")
    for collection_id, image_id in of_user.values_list("collection_id", "image_id"):
        members.setdefault(collection_id, []).append(image_id)
    for collection in Collection.objects.of(user).present().by_name():
        yield {
            "name": collection.name,
            "created_at": collection.created_at,
            "link": _link(collection),
            "pictures": members.get(collection.id, []),
        }


def _presets(user: User) -> Iterator[str]:
    presets = Preset.objects.of(user).present().in_order()
    return json_rows(presets.values("name", "values", "created_at", link=F("link_slug")))


def _styles(user: User) -> Iterator[dict[str, Any]]:
    for style in OwnStyle.objects.of(user).present().in_order():
        yield {
            "slug": style.slug,
            "name": style.name,
            "template": style.template,
            "negative": style.negative,
            "created_at": style.created_at,
        }


def _favorite_models(user: User) -> Iterator[str]:
    rows = FavoriteModel.objects.filter(user=user).order_by("model__position", "model__slug")
    yield from rows.values_list("model__slug", flat=True)


def _publications(user: User) -> Iterator[str]:
    columns = (
        *("image_id", "slug", "state", "reason", "with_parameters", "with_name"),
        *("asked_at", "published_at"),
    )
    rows = Publication.objects.filter(image__user=user).order_by("id")
    return json_rows(rows.values(*columns))


def _reviews(user: User) -> Iterator[str]:
    columns = (
        *("id", "state", "prompt", "requests", "matches", "reason", "placed"),
        *("created_at", "appealed_at", "decided_at"),
    )
    return json_rows(PromptReview.objects.filter(user=user).order_by("id").values(*columns))


def _reports(user: User) -> Iterator[dict[str, Any]]:
    """Yield the user's reports that are not decided; later ones no longer name their reporter."""
    columns = ("publication__slug", "kind", "words", "created_at", "settled_at")
    rows = Report.objects.filter(user=user).order_by("id").values(*columns)
    for row in rows.iterator(chunk_size=CHUNK_SIZE):
        yield {"publication": row.pop("publication__slug"), **row}


def _comparisons(user: User) -> Iterator[str]:
    columns = ("id", "prompt", "rows", "columns", "jobs", "asked", "created_at")
    sheets = Sheet.objects.of(user).present().order_by("id")
    return json_rows(sheets.values(*columns))


def _word_lists(user: User) -> Iterator[str]:
    rows = WordList.objects.of(user).present()
    return json_rows(rows.values("name", "entries", "created_at"))
