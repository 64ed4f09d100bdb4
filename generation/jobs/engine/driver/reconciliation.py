"""Compare all jobs with the provider at once, for operators."""

from generation.jobs.engine.driver import status_checks, stopping
from generation.models import Job
from generation.providers.call_errors import ProviderError
from generation.providers.job_report import JobReport


def reconcile() -> list[tuple[Job, str]]:
    """Check every job that a provider is known to have, due or not; stop what is to be stopped.

    Returns each job as it was before, and a short text of the provider's reply. It takes no lease:
    the guarded updates let only one process apply a reply.
    """
    checked: list[tuple[Job, str]] = []
    jobs_at_provider = list(
        Job.objects.at_provider().exclude(runpod_id="").select_related("model").order_by("id")
    )
    for start in range(0, len(jobs_at_provider), status_checks.MAX_JOBS):
        chunk = jobs_at_provider[start : start + status_checks.MAX_JOBS]
        for jobs, replies in status_checks.read_statuses(chunk):
            status_checks.apply(jobs, replies, interval=status_checks.MIN_INTERVAL)
            checked += [(job, _text(replies.get(job.id))) for job in jobs]
    stopping.stop_all()
    return checked


def _text(reply: JobReport | ProviderError | None) -> str:
    if isinstance(reply, JobReport):
        return reply.state.value
    return reply.full_text if reply else "no reply"
