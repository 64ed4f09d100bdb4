"""Check jobs, and whether users can create any."""

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from accounts.limits import period_limits
from artgen import installation
from generation.jobs import budget_choice, budgets, creation_switch
from generation.models import STUCK_AFTER, GenerationSwitch, ImageModel, Job
from generation.operations import unlimited_spending
from generation.operations.doctor.check import Check


def creating() -> Check:
    """Warn while image creation is turned off, or only staff may create images."""
    switch = creation_switch.paused()
    if switch is None:
        return Check("creating", True, "image creation is on")
    is_off = switch.mode is creation_switch.Mode.OFF
    state = "image creation is turned off" if is_off else "maintenance: only staff create images"
    said = f"; users read: {switch.message}" if switch.message else ""
    hint = f"Turn it on: {installation.current().command('generation on')}, or in the admin."
    return Check("creating", True, f"{state}{said}", hint)


def used_budgets() -> Check:
    """Say which budgets are used up, and how many jobs wait for the next one."""
    states, parked = budgets.states(), Job.objects.parked()
    used = [
        f"{state.budget.scope} {state.budget.period}: "
        f"${state.used:.2f} of ${state.limit:.2f}, {state.share:.0%}"
        for state in states
    ]
    detail = "; ".join(used) or "no budget is set"
    if (count := parked.count()) == 0:
        return Check("budgets", True, detail, _limit() if unlimited_spending.is_possible() else "")
    until = parked.aggregate(first=Min("parked_until"))["first"]
    waits = "1 job waits" if count == 1 else f"{count} jobs wait"
    words = "tomorrow's budget" if until == period_limits.next_day() else "the next budget"
    detail += f". {waits} for {words}, {timezone.localtime(until):%Y-%m-%d %H:%M}"
    raise_it = installation.current().command("budgets")
    return Check("budgets", True, detail, f"Raise a budget in the admin, or with {raise_it}.")


def _limit() -> str:
    here = installation.current()
    return (
        f"Anyone can sign up and spend {settings.DEFAULT_CREDITS} credits at RunPod. Limit all "
        f"jobs to $10 a day: {here.command('budgets --set 10')}. Or set SIGN_UP=invitation. "
        f"{here.settings}"
    )


def jobs() -> Check:
    """Find overdue jobs, and models whose queue does not move although there is room."""
    overdue = (
        Job.objects.active()
        .exclude(status="queued")
        .filter(due_at__lt=timezone.now() - STUCK_AFTER)
        .count()
    )
    idle = [
        model.slug for model in ImageModel.objects.order_by("position", "slug") if _is_idle(model)
    ]
    waiting, out = Job.objects.queued().count(), Job.objects.at_runpod().count()
    detail = f"{waiting} waiting, {out} at RunPod"
    if parked := Job.objects.parked().count():
        detail += f", {parked} parked until the next budget"
    here = installation.current()
    if overdue or idle:
        detail += f", {overdue} overdue" if overdue else ""
        detail += f", not submitted although there is room: {', '.join(idle)}" if idle else ""
        hint = (
            f"No worker processes them: see the checks workers and beat. {here.started('worker')}"
        )
        return Check("jobs", False, detail, hint)
    stuck = f"See {here.command('jobs --stuck')}"
    not_stored = Job.objects.not_stored().order_by("id")
    if reasons := sorted({job.error_detail[:200] for job in not_stored[:20]}):
        detail = f"{detail}, {not_stored.count()} not stored: {'; '.join(reasons)}"
        hint = f"The images are paid for; the jobs fail at their deadline. {stuck}."
        return Check("jobs", False, detail, hint)
    unknown = Job.objects.stuck().filter(runpod_id="", status="submitted").count()
    if unknown:
        hint = f"Resolved by RunPod's webhook or their ttl. {stuck}, and check PUBLIC_URL."
        return Check("jobs", True, f"{detail}, {unknown} not confirmed by RunPod", hint)
    return Check("jobs", True, detail)


def _is_idle(model: ImageModel) -> bool:
    now = timezone.now()
    if model.submit_after and model.submit_after > now:
        return False
    if GenerationSwitch.objects.filter(on=False).exists():
        return False
    long_due = Job.objects.queued().filter(
        model=model, due_at__lt=now - STUCK_AFTER, created_at__lt=now - STUCK_AFTER
    )
    return (
        long_due.exists()
        and Job.objects.at_runpod().filter(model=model).count() < model.max_in_flight
        and not budget_choice.leave_nothing(model)
    )
