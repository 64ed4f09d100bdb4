"""Check whether emails can be sent, and whether a worker sends them."""

from datetime import timedelta

from django.utils import timezone

from accounts import outbox
from accounts.models import OutgoingEmail
from artgen import installation
from generation.operations.alerts.conditions import CONDITIONS
from generation.operations.doctor.check import Check, without_secrets

SEE_ADMIN = "See the reasons in the admin, Outgoing emails, and the check email_server."


def emails() -> Check:
    """Check the outbox: emails that nothing sends, that cannot be sent, or that were given up."""
    now = timezone.now()
    waiting = OutgoingEmail.objects.filter(due_at__isnull=False)
    if late := waiting.filter(
        due_at__lt=now - timedelta(seconds=CONDITIONS["EmailsLate"].limit)
    ).count():
        hint = (
            "The lane slow of a worker sends them, every minute by beat: see the checks workers "
            f"and beat. {installation.current().started('worker')}"
        )
        return Check("emails", False, f"{late} are due and nothing sends them", hint)
    failing = waiting.filter(attempts__gt=0).exclude(last_error="")
    if last := failing.order_by("-attempts", "id").first():
        detail = f"{failing.count()} could not be sent yet: {without_secrets(last.last_error)}"
        return Check("emails", False, detail, "See the check email_server.")
    given_up = OutgoingEmail.objects.filter(due_at=None)
    if last := given_up.order_by("-created_at", "id").first():
        detail = (
            f"{given_up.count()} given up in {outbox.FAILED_KEPT.days} days, the last one: "
            f"{without_secrets(last.last_error)}"
        )
        return Check("emails", True, detail, SEE_ADMIN)
    return Check("emails", True, "none waits for long")
