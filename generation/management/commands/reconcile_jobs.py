"""`reconcile_jobs`: ask RunPod about every job that is out, and apply the answers at once."""

from typing import Any

from django.core.management.base import BaseCommand

from generation.jobs import driver, storing
from generation.models import Job, Status


class Command(BaseCommand):
    """Print what changed and what RunPod would not tell."""

    help = "Asks RunPod about every job that is out there, due or not, applies the answers and says what changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it all in this process, whether or not beat and workers run."""
        finished = {job.id: job for job in Job.objects.filter(status=Status.STORING).order_by("id")}
        asked = driver.reconcile()
        while storing.store():
            pass
        before = {job.id: (job, said) for job, said in asked}
        before |= {
            job_id: (job, "ready to be saved")
            for job_id, job in finished.items()
            if job_id not in before
        }
        after = {job.id: job for job in Job.objects.filter(id__in=list(before)).order_by("id")}
        changed = 0
        for job_id, (job, said) in before.items():
            now = after.get(job_id)
            if now is not None and (now.status, now.attempt) == (job.status, job.attempt):
                continue
            changed += 1
            end = "removed" if now is None else _where(now)
            self.stdout.write(f"{job_id}  {_where(job)} → {end}  (RunPod: {said})")
        unknown = Job.objects.filter(status=Status.SUBMITTED, runpod_id="").count()
        self.stdout.write(f"{len(asked)} asked for, {changed} changed.")
        if unknown:
            self.stdout.write(
                f"{unknown} left alone: nobody knows whether RunPod took them until it calls or their ttl has passed."
            )


def _where(job: Job) -> str:
    words = f"{job.status} ({job.error_code})" if job.error_code else str(job.status)
    return words if job.attempt == 1 else f"{words}, attempt {job.attempt}"
