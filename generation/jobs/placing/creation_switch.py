"""Whether images can be created: one switch with two reasons to pause, and its only writer.

MAINTENANCE stops the jobs of users: staff can place jobs, and jobs in progress continue. OFF stops
all spending: nobody places a job, and nothing is sent to the provider (`driver.submission`).
"""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from artgen.refusals import Refusal
from generation.models import GenerationSwitch

Mode = GenerationSwitch.Mode

OPEN_FOR_STAFF = 'NOT EXISTS (SELECT 1 FROM generation_generationswitch WHERE NOT "on")'
"""SQL of the condition under which staff place jobs."""
OPEN_FOR_USERS = (
    'NOT EXISTS (SELECT 1 FROM generation_generationswitch WHERE NOT "on" OR maintenance)'
)
"""SQL of the condition under which users place jobs."""
RETRY_SECONDS = 60
"""When to try again, if the switch does not say when it will be on."""


class GenerationOff(Refusal):
    """Staff have paused image creation, with the switch's text and expected end."""

    code = "generation_off"
    is_deliberate = True
    status = 503

    def __init__(self, switch: GenerationSwitch) -> None:
        super().__init__(switch.text, retry_after=retry_after(switch))


def read() -> GenerationSwitch:
    """Return the switch, on if there is no row."""
    return GenerationSwitch.objects.filter(pk=1).first() or GenerationSwitch()


def paused() -> GenerationSwitch | None:
    """Return the row of the switch, unless it is on."""
    return GenerationSwitch.objects.filter(Q(on=False) | Q(maintenance=True)).first()


def stops(switch: GenerationSwitch | None, *, is_staff: bool) -> bool:
    """Return whether the result of `paused` stops jobs that staff place, or those of users."""
    return switch is not None and (switch.mode is Mode.OFF or not is_staff)


def refuse_if_paused(user: User, *, by_staff: bool = False) -> None:
    """Raise GenerationOff if the switch stops the jobs of this user, or of staff for this user."""
    switch = paused()
    if switch and stops(switch, is_staff=by_staff or user.is_staff):
        raise GenerationOff(switch)


def retry_after(switch: GenerationSwitch) -> int:
    """Return the seconds until the expected end, RETRY_SECONDS if that has passed or is unknown."""
    if switch.until is None:
        return RETRY_SECONDS
    left = int((switch.until - timezone.now()).total_seconds()) + 1
    return left if left > 0 else RETRY_SECONDS


def turn(
    mode: Mode, *, message: str = "", message_ru: str = "", until: datetime | None = None
) -> GenerationSwitch:
    """Set the switch with its messages and its expected end, and return it."""
    switch, _created = GenerationSwitch.objects.update_or_create(
        pk=1,
        defaults={
            "on": mode is not Mode.OFF,
            "maintenance": mode is Mode.MAINTENANCE,
            "message": message,
            "message_ru": message_ru,
            "until": until,
        },
    )
    return switch
