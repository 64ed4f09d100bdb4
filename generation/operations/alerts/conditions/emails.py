"""Emails that are late or fail."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.emails import outbox

from .condition import MINUTE, SEE_LOGS, Condition, ConditionGroup, Measured, minutes


class EmailConditions(ConditionGroup):
    conditions = {
        "EmailsLate": Condition(
            _("An email has been due for %(minutes)s minutes and has not been sent."),
            SEE_LOGS,
            limit=5 * MINUTE,
        ),
        "EmailsFail": Condition(
            _("%(count)s emails cannot be sent."),
            _("Check EMAIL_URL and the mail server; run manage.py doctor."),
            hold=minutes(15),
        ),
    }

    def measure(self) -> Measured:
        emails, now = outbox.totals(), timezone.now()
        late = (now - emails.due_since).total_seconds() if emails.due_since else 0
        if late > self.limit("EmailsLate"):
            yield "EmailsLate", {"minutes": round(late / 60)}
        if failing := emails.by_state[outbox.EmailState.FAILING]:
            yield "EmailsFail", {"count": failing}
