"""Arguments of commands that select jobs: ids or filters."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from accounts.models import User, fold
from artgen.database.ids import parse_uuid
from generation.models import ImageModel, Job, JobQuerySet, Status


def add_filters(parser: ArgumentParser) -> None:
    parser.add_argument("--status", choices=Status.values, help="only jobs in this status")
    parser.add_argument("--model", metavar="SLUG", help="only jobs of this model")
    parser.add_argument("--user", metavar="EMAIL", help="only jobs of this user")


def add_selection(parser: ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID", help="jobs by id, instead of filters")
    add_filters(parser)


def filtered(*, status: str | None, model: str | None, user: str | None) -> JobQuerySet:
    """Return the filtered jobs; raise CommandError for an unknown model or user."""
    jobs = Job.objects.select_related("user", "model")
    if status:
        jobs = jobs.filter(status=status)
    if model:
        if not ImageModel.objects.filter(slug=model).exists():
            slugs = ", ".join(
                ImageModel.objects.order_by("position", "slug").values_list("slug", flat=True)
            )
            raise CommandError(f"Unknown model {model!r}. Models: {slugs or 'none'}.")
        jobs = jobs.filter(model__slug=model)
    if user:
        if not User.objects.filter(email=fold(user)).exists():
            raise CommandError(f"Unknown user {user!r}.")
        jobs = jobs.filter(user__email=fold(user))
    return jobs


def selected(options: dict[str, Any]) -> list[Job]:
    """Return the jobs with these ids, or those that pass the filters, oldest first.

    Raise CommandError for neither, for both, and for unknown ids; then nothing is changed.
    """
    filters = {name: options[name] for name in ("status", "model", "user")}
    if not options["ids"]:
        if not any(filters.values()):
            raise CommandError("Select jobs by ids, or by --status, --model, --user.")
        return list(filtered(**filters).order_by("id"))
    if any(filters.values()):
        raise CommandError("Use ids or filters, not both.")
    ids = [_uuid(text) for text in dict.fromkeys(options["ids"])]
    jobs_by_id = {
        job.id: job for job in Job.objects.select_related("user", "model").filter(id__in=ids)
    }
    missing = [str(job_id) for job_id in ids if job_id not in jobs_by_id]
    if missing:
        raise CommandError(f"Unknown job {', '.join(missing)}.")
    return [jobs_by_id[job_id] for job_id in ids]


def _uuid(text: str) -> UUID:
    if (job_id := parse_uuid(text)) is None:
        raise CommandError(f"{text!r} is not a job id.")
    return job_id
