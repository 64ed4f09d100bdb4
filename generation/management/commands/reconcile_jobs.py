"""`reconcile_jobs`: query RunPod for every active job and apply the results."""

from artgen.management.base import BaseCommand
from generation.jobs.engine import driver, storing
from generation.models import Job, Status


class Command(BaseCommand):
    help = "Queries RunPod for every job that is active there, due or not, and applies the results."

    def handle(self, *args: object, **options: object) -> None:
        """Run everything in this process, even without workers."""
        finished = {job.id: job for job in Job.objects.storing().order_by("id")}
        answers = driver.reconcile()
        progress = self.progress("jobs stored", total=len(finished))
        while storing.store():
            progress.advance()
        before = {job.id: (job, said) for job, said in answers}
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
            end = "removed" if now is None else _where(now)
            changed += 1
            self.stdout.write(f"{job_id}  {_where(job)} → {end}  (RunPod: {said})")
        unknown = Job.objects.at_provider().filter(status=Status.SUBMITTED, runpod_id="").count()
        self.stdout.write(f"{len(answers)} queried, {changed} changed.")
        if unknown:
            self.stdout.write(
                f"{unknown} skipped: not confirmed by RunPod until their webhook arrives or their "
                "ttl passes."
            )


def _where(job: Job) -> str:
    words = f"{job.status} ({job.error_code})" if job.error_code else str(job.status)
    return words if job.attempt == 1 else f"{words}, attempt {job.attempt}"
