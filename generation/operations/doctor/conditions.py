"""Report the conditions of alerts that are true now, and what nobody would be told of otherwise."""

from collections.abc import Iterator

from django.conf import settings

from artgen.environment import installation
from generation.operations import unlimited_spending
from generation.operations.alerts import messages
from generation.operations.alerts.conditions import condition_of
from generation.operations.alerts.conditions.condition import Severity, kind_of
from generation.operations.alerts.measurements import Measurements
from generation.operations.doctor.check import Check

WITH_OWN_CHECK = {"NoTicks", "RedisDown", "SocketsDown"}
NOT_AT_ONCE = {"Processor"}  # a share of time


def conditions() -> Iterator[Check]:
    """Yield a check for each condition that is true: of jobs, emails, budgets, disks, backups, …"""
    findings = Measurements().take()
    wrong = {
        name: values
        for name, values in findings.wrong.items()
        if kind_of(name) not in WITH_OWN_CHECK | NOT_AT_ONCE
    }
    for name, values in wrong.items():
        condition = condition_of(name)
        is_critical = condition is not None and condition.severity is Severity.CRITICAL
        text, advice = messages.sentence(name, values), messages.advice(name)
        yield Check(name, not is_critical, text, advice)
    if findings.unknown:
        detail = f"cannot be measured: {', '.join(sorted(findings.unknown))}"
        yield Check("conditions", True, detail, "See the other checks.")
    elif not wrong:
        detail = "nothing is wrong with jobs, emails, budgets, disks or backups"
        yield Check("conditions", True, detail)


def spending() -> Check:
    """Warn where strangers can spend money without a limit."""
    if not unlimited_spending.is_possible():
        return Check("spending", True, "limited")
    here = installation.current()
    hint = (
        f"Limit all jobs to $10 a day: {here.command('budgets --set 10')}. Or set "
        f"SIGN_UP=invitation. {here.settings}"
    )
    detail = f"anyone can sign up and spend {settings.DEFAULT_CREDITS} credits at RunPod"
    return Check("spending", True, detail, hint)
